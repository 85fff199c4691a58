using System.Numerics;
using Mirror.Dump.Archive.Format;

namespace Mirror.Dump.Tests.Archive;

public class DataCheckTests
{
    [Fact]
    public void It_is_the_sum_that_the_format_gives_however_the_records_are_divided()
    {
        byte[] records = Samples.Noise(20 * DumpFormat.RecordBytes, seed: 1);
        for (int count = 0; count <= 20; count++)
        {
            ulong sum = 0;
            for (int i = 0; i < count; i++)
            {
                uint crc = uint.MaxValue;
                foreach (byte b in records.AsSpan(i * DumpFormat.RecordBytes, DumpFormat.RecordBytes)) crc = BitOperations.Crc32C(crc, b);
                sum += (((ulong)~crc) + 1) * ((2 * (ulong)i) + 1);
            }
            for (int first = 0; first <= count; first++)
            {
                ReadOnlySpan<byte> all = records.AsSpan(0, count * DumpFormat.RecordBytes);
                Assert.Equal(sum, DataCheck.Of(all[..(first * DumpFormat.RecordBytes)], 0) + DataCheck.Of(all[(first * DumpFormat.RecordBytes)..], first));
            }
        }
    }
}
