using Mirror.Core.Operations;

namespace Mirror.Core.Tests.Operations;

public sealed class ByteQuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("64K", 65536)]
    [InlineData("64k", 65536)]
    [InlineData("10M", 10 << 20)]
    [InlineData("10MB", 10_000_000)]
    [InlineData("10 MiB", 10 << 20)]
    [InlineData("1.5GiB", 1536L << 20)]
    [InlineData("512B", 512)]
    [InlineData("3T", 3L << 40)]
    public void Numbers_of_bytes_are_read_as_administrators_write_them(string text, long expected) => Assert.Equal(expected, ByteQuantity.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("1,5G")]
    [InlineData("1.5")]
    [InlineData("1e6")]
    [InlineData("10 MB/s")]
    [InlineData("10X")]
    [InlineData("1.2.3K")]
    [InlineData("99999999999999999999P")]
    [InlineData("8192P")]
    public void What_is_no_number_of_bytes_is_refused_by_name(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => ByteQuantity.Parse(text)).Message);

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(1 << 20, "1 MiB")]
    [InlineData((1 << 20) - 1, "1 MiB")]
    [InlineData(1L << 40, "1 TiB")]
    [InlineData(123L << 30, "123 GiB")]
    [InlineData(long.MaxValue, "8192 PiB")]
    [InlineData(-1536, "-1.5 KiB")]
    public void Numbers_of_bytes_are_written_short(long bytes, string expected) => Assert.Equal(expected, ByteQuantity.Format(bytes));

    [Theory]
    [InlineData(-1, "0 s")]
    [InlineData(0.44, "0.4 s")]
    [InlineData(12, "12 s")]
    [InlineData(59.6, "1 min")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(18420, "5 h 7 min")]
    [InlineData(86400 * 12 + 3 * 3600, "12 d 3 h")]
    public void Durations_are_written_in_two_units(double seconds, string expected) => Assert.Equal(expected, Durations.Format(seconds));
}
