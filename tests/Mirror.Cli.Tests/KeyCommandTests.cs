namespace Mirror.Cli.Tests;

public sealed class KeyCommandTests
{
    [Fact]
    public async Task A_new_identity_goes_to_a_file_of_its_owner_and_its_recipient_can_be_printed()
    {
        await using CliFixture fixture = new();
        string file = fixture.File("id");
        (int code, string output, string error) = await fixture.DiskmirrorAsync("key", "new", "--out", file);
        Assert.Equal((0, ""), (code, output));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        (code, output, _) = await fixture.DiskmirrorAsync("key", "recipient", "--identity", file);
        Assert.Equal(0, code);
        Assert.StartsWith("age1", output);
        Assert.Contains(output.Trim(), error);
        string before = await File.ReadAllTextAsync(file);
        Assert.Contains("# public key: " + output.Trim(), before);
        (code, _, error) = await fixture.DiskmirrorAsync("key", "new", "--out", file);
        Assert.Equal(1, code);
        Assert.Contains(file, error);
        Assert.Equal(before, await File.ReadAllTextAsync(file));
        (code, output, _) = await fixture.DiskmirrorAsync("key", "new");
        Assert.Equal(0, code);
        Assert.Contains("\nAGE-SECRET-KEY-1", output);
    }

    [Fact]
    public async Task A_file_that_is_no_archive_or_no_identity_is_refused_by_name()
    {
        await using CliFixture fixture = new();
        string file = fixture.File("nothing");
        await File.WriteAllTextAsync(file, "nothing\n");
        (int code, string output, string error) = await fixture.DiskmirrorAsync("archive", "wrapped-key", file);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(file, error);
        (code, output, error) = await fixture.DiskmirrorAsync("key", "recipient", "--identity", file);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(file + ", line 1", error);
        (code, _, error) = await fixture.DiskmirrorAsync("archive", "add-recipient", file, "--identity", file, "--recipient", "age1wrong");
        Assert.Equal(1, code);
        Assert.Contains("age1wrong", error);
    }
}
