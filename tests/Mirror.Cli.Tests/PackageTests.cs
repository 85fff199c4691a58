using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Mirror.Cli.Tests;

/// <summary>What an installation puts in place is understood by the program that it is for.</summary>
public sealed partial class PackageTests
{
    [SkippableTheory]
    [InlineData("client", "client.conf.sample", "home.secret")]
    [InlineData("server", "server.conf.sample", "master.secret")]
    public async Task Every_key_of_a_sample_is_known_also_those_commented_out(string command, string sample, string stopsAt)
    {
        Skip.If(File.Exists("/etc/diskmirror/" + stopsAt), $"/etc/diskmirror/{stopsAt} exists: this machine runs DiskMirror, and the sample would really start.");
        await using CliFixture fixture = new();
        string text = await File.ReadAllTextAsync(Path.Combine(Package(), "etc", sample));
        string all = Commented().Replace(text, "$1");
        Assert.NotEqual(text, all);
        await File.WriteAllTextAsync(fixture.File("conf"), all);
        (int code, string output, string error) = await fixture.DiskmirrorAsync(command, "--config", fixture.File("conf"));
        // As far as the secret, which is not there: everything before it was understood.
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(stopsAt, error);
    }

    [Fact]
    public void Units_start_what_there_is_and_keep_the_tap()
    {
        string client = File.ReadAllText(Path.Combine(Package(), "systemd/diskmirror-client@.service")), server = File.ReadAllText(Path.Combine(Package(), "systemd/diskmirror-server.service"));
        Assert.Contains("ExecStart=/usr/bin/diskmirror client --config /etc/diskmirror/client-%i.conf\n", client);
        Assert.Contains("ExecStart=/usr/bin/diskmirror server --config /etc/diskmirror/server.conf\n", server);
        foreach (string unit in (string[])[client, server])
        {
            Assert.Contains("RuntimeDirectoryPreserve=yes\n", unit);
            Assert.Contains("NoNewPrivileges=yes\n", unit);
            Assert.Contains($"RestartPreventExitStatus={ExitCodes.Usage}\n", unit);
        }
    }

    [GeneratedRegex(@"^#([a-z-]+ = .*)$", RegexOptions.Multiline)]
    private static partial Regex Commented();

    private static string Package([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "../../package");
}
