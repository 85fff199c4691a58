using Mirror.Hosting.Settings;

namespace Mirror.Hosting.Tests;

public sealed class SettingTests : IDisposable
{
    private static readonly SettingFace Lenient = new() { Spell = k => "-" + k, How = "here", Port = 7410, Listen = "*" };
    private readonly string file = Path.Combine(Path.GetTempPath(), $"dms-{Guid.NewGuid():N}.conf");

    public void Dispose() => File.Delete(file);

    [Fact]
    public void What_the_user_says_goes_before_the_file_and_the_file_before_the_environment()
    {
        SettingKey key = new("volume", Variable: "DISKMIRROR_TEST_" + Guid.NewGuid().ToString("N"));
        Environment.SetEnvironmentVariable(key.Variable!, "from-environment");
        File.WriteAllText(file, "volume = from-file\n");
        Dictionary<string, IReadOnlyList<string>> given = new() { ["volume"] = ["from-user"] };
        Assert.Equal("from-user", SettingSource.Load(Lenient, given, file, "x.conf", [key]).Text(key));
        Assert.Equal("from-file", SettingSource.Load(Lenient, new Dictionary<string, IReadOnlyList<string>>(), file, "x.conf", [key]).Text(key));
        Assert.Equal("from-environment", SettingSource.Load(Lenient, new Dictionary<string, IReadOnlyList<string>>(), null, "x.conf", [key]).Text(key));
        Environment.SetEnvironmentVariable(key.Variable!, null);
    }

    [Theory]
    [InlineData("backup", null, "backup", 7410)]
    [InlineData("backup:1", null, "backup", 1)]
    [InlineData("backup", 2, "backup", 2)]
    [InlineData("backup:2", 2, "backup", 2)]
    [InlineData("2001:db8::1", 3, "2001:db8::1", 3)]
    [InlineData("[2001:db8::1]", null, "2001:db8::1", 7410)]
    [InlineData("[2001:db8::1]:4", null, "2001:db8::1", 4)]
    public void A_port_may_stand_beside_the_server(string text, int? beside, string host, int port) =>
        Assert.Equal((host, port), HostPort.Parse(text, beside, 7410));

    [Theory]
    [InlineData("backup:1", 2)]
    [InlineData("backup:0", null)]
    [InlineData("back up", 1)]
    [InlineData("a:b:1", null)]
    [InlineData("", 1)]
    public void Two_ports_or_none_that_makes_sense_are_refused(string text, int? beside) =>
        Assert.Throws<UsageException>(() => HostPort.Parse(text, beside, 7410));

    [Theory]
    [InlineData("*", null, "[::]:7410")]
    [InlineData("127.0.0.1", 0, "127.0.0.1:0")]
    [InlineData("::1", 5, "[::1]:5")]
    [InlineData("127.0.0.1:6", null, "127.0.0.1:6")]
    public void A_port_may_stand_beside_the_address_to_listen_on(string text, int? beside, string point) =>
        Assert.Equal(point, HostPort.ParseListen(text, beside, 7410).ToString());
}
