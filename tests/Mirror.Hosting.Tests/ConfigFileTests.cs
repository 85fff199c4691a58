using Mirror.Hosting.Settings;

namespace Mirror.Hosting.Tests;

public sealed class ConfigFileTests
{
    private static readonly string[] Known = ["disk", "limit", "volume"];

    [Fact]
    public void Keys_and_values_are_read_as_they_stand()
    {
        ConfigFile config = Parse("# the disk\n\n disk = /dev/disk/by-id/a b=c # d \r\nvolume=x=/y\n  volume = z\n");
        Assert.Equal([("/dev/disk/by-id/a b=c # d", "f:3")], config.Values("disk"));
        Assert.Equal([("x=/y", "f:4"), ("z", "f:5")], config.Values("volume"));
        Assert.Empty(config.Values("limit"));
    }

    [Theory]
    [InlineData("disk /dev/sda", "f:1:")]
    [InlineData("\n\n= x", "f:3:")]
    [InlineData("# ok\nlimmit = 5", "f:2:")]
    [InlineData("Disk = x", "f:1:")]
    [InlineData("disk =", "f:1:")]
    [InlineData("disk = a\n\ndisk = b", "f:3:")]
    [InlineData("[client]", "f:1:")]
    public void What_is_not_understood_is_refused_with_file_and_line(string text, string place) =>
        Assert.StartsWith(place, Assert.Throws<UsageException>(() => Parse(text)).Message);

    [Fact]
    public void A_file_that_is_no_text_or_not_there_is_refused()
    {
        string path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        Assert.Contains(path, Assert.Throws<UsageException>(() => ConfigFile.Read(path, Known, [])).Message);
        try
        {
            File.WriteAllBytes(path, [0x64, 0xff, 0xfe, 0x00]);
            Assert.Contains("UTF-8", Assert.Throws<UsageException>(() => ConfigFile.Read(path, Known, [])).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static ConfigFile Parse(string text) => ConfigFile.Parse("f", text, Known, ["volume"]);
}
