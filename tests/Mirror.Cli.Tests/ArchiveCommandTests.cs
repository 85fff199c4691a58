using System.Diagnostics;

namespace Mirror.Cli.Tests;

/// <summary>Archives by commands, as operations.md gives them; of an image that mke2fs fills.</summary>
public sealed class ArchiveCommandTests
{
    [SkippableFact]
    public async Task A_recipient_that_is_added_opens_the_archive_and_a_plain_one_is_made_of_it()
    {
        await using CliFixture fixture = new();
        Fill(fixture);
        string archive = fixture.File("archive"), first = await KeyAsync(fixture, "first"), second = await KeyAsync(fixture, "second");
        (int code, _, string error) = await fixture.DiskmirrorAsync("dump", fixture.File("image"), "--out", archive, "--compress", "zlib", "--encrypt", first, "--index", archive + ".index", "--no-record");
        Assert.True(code == 0, error);
        Assert.NotEqual(0, (await fixture.DiskmirrorAsync("undump", archive, "--check", "--identity", fixture.File("second"))).Code);
        (code, _, error) = await fixture.DiskmirrorAsync("archive", "add-recipient", archive, "--identity", fixture.File("first"), "--recipient", second);
        Assert.True(code == 0, error);
        foreach (string key in (string[])["first", "second"])
        {
            (code, _, error) = await fixture.DiskmirrorAsync("undump", archive, "--check", "--identity", fixture.File(key));
            Assert.True(code == 0, error);
            // By the index, through the encryption.
            (code, _, error) = await fixture.DiskmirrorAsync("undump", archive, "--index", archive + ".index", "--extract", "deep/file", "--to", fixture.File("by-" + key), "--identity", fixture.File(key));
            Assert.Equal("content", await File.ReadAllTextAsync(fixture.File($"by-{key}/deep/file")));
        }
        (code, _, error) = await fixture.DiskmirrorAsync("archive", "decrypt", archive, "--out", fixture.File("plain"), "--identity", fixture.File("second"));
        Assert.True(code == 0, error);
        (code, string output, error) = await fixture.DiskmirrorAsync("undump", fixture.File("plain"), "--list");
        Assert.True(code == 0, error);
        Assert.Contains("./deep/file", output);
    }

    [SkippableFact]
    public async Task What_a_user_may_not_set_is_told_once_each_and_the_rest_is_restored()
    {
        Skip.IfNot(Environment.UserName == "root", "needs root, to become nobody");
        Skip.IfNot(File.Exists("/usr/bin/setpriv"), "needs setpriv, of util-linux");
        await using CliFixture fixture = new();
        Fill(fixture);
        (int code, _, string error) = await fixture.DiskmirrorAsync("dump", fixture.File("image"), "--out", fixture.File("archive"), "--no-record");
        Assert.True(code == 0, error);
        Open(fixture);
        string into = Path.Combine(fixture.Root, "open");
        // Where the checkout lies, in /root for example, nobody may not look.
        string program = Directory.CreateDirectory(fixture.File("program")).FullName;
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory)) File.Copy(file, Path.Combine(program, Path.GetFileName(file)));
        ProcessStartInfo start = new("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", Path.Combine(program, "diskmirror"), "undump", fixture.File("archive"), "--to", into])
        {
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["HOME"] = into;
        using Process nobody = Process.Start(start)!;
        error = await nobody.StandardError.ReadToEndAsync();
        await nobody.WaitForExitAsync();
        Assert.DoesNotContain("setpriv:", error);
        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(into, "deep/file")));
        string[] said = [.. error.Split('\n').Where(l => l.StartsWith("diskmirror: ", StringComparison.Ordinal))];
        Assert.NotEmpty(said);
        // 20 files of another owner: one line.
        Assert.Single(said, l => l.Contains("owner", StringComparison.OrdinalIgnoreCase));
        Assert.True(said.Length <= 4, error);
    }

    private static async Task<string> KeyAsync(CliFixture fixture, string name)
    {
        await fixture.DiskmirrorAsync("key", "new", "--out", fixture.File(name));
        return (await fixture.DiskmirrorAsync("key", "recipient", "--identity", fixture.File(name))).Output.Trim();
    }

    /// <summary>Lets everybody read the archive and write beside it.</summary>
    private static void Open(CliFixture fixture)
    {
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode everybody = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(fixture.Root, everybody | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite);
        File.SetUnixFileMode(fixture.File("archive"), everybody);
        Directory.CreateDirectory(Path.Combine(fixture.Root, "open"));
        File.SetUnixFileMode(Path.Combine(fixture.Root, "open"), everybody | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite);
    }

    private static void Fill(CliFixture fixture)
    {
        string? program = ((string[])["/usr/sbin/mke2fs", "/sbin/mke2fs"]).FirstOrDefault(File.Exists);
        Skip.If(program is null, "needs mke2fs, of e2fsprogs");
        Directory.CreateDirectory(fixture.File("tree/deep"));
        File.WriteAllText(fixture.File("tree/deep/file"), "content");
        for (int i = 0; i < 20; i++) File.WriteAllText(fixture.File($"tree/file-{i}"), $"{i}");
        using Process made = Process.Start(new ProcessStartInfo(program!, ["-q", "-t", "ext4", "-d", fixture.File("tree"), fixture.File("image"), "8M"]))!;
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }
}
