namespace Mirror.Cli.Tests;

public sealed class SecretCommandTests
{
    [Fact]
    public async Task A_new_secret_goes_to_a_file_of_its_owner_and_never_over_another()
    {
        await using CliFixture fixture = new();
        string file = fixture.File("master");
        Assert.Equal((0, "", ""), await fixture.DiskmirrorAsync("secret", "new", "--out", file));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        string before = await File.ReadAllTextAsync(file);
        (int code, string output, string error) = await fixture.DiskmirrorAsync("secret", "new", "--out", file);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(file, error);
        Assert.Equal(before, await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task Two_new_secrets_differ_and_derived_ones_follow_from_master_volume_and_right()
    {
        await using CliFixture fixture = new();
        string file = fixture.File("master");
        (int code, string first, string error) = await fixture.DiskmirrorAsync("secret", "new");
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("dm1-master-", first);
        Assert.NotEqual(first, (await fixture.DiskmirrorAsync("secret", "new")).Output);
        await fixture.DiskmirrorAsync("secret", "new", "--out", file);
        (code, string home, _) = await fixture.DiskmirrorAsync("secret", "derive", "--secret-file", file, "--volume", "home", "--right", "mirror");
        Assert.Equal(0, code);
        Assert.StartsWith("dm1-client-home-mirror-", home);
        Assert.Equal(home, (await fixture.DiskmirrorAsync("secret", "derive", "--secret-file", file, "--volume", "home", "--right", "mirror")).Output);
        string restore = (await fixture.DiskmirrorAsync("secret", "derive", "--secret-file", file, "--volume", "home", "--right", "restore")).Output;
        Assert.NotEqual(home[^74..], restore[^74..]);
    }

    [SkippableFact]
    public async Task A_secret_that_others_can_read_is_refused_by_name()
    {
        Skip.If(OperatingSystem.IsWindows(), "Unix file modes are for Unix.");
        await using CliFixture fixture = new();
        string file = fixture.File("master");
        await fixture.DiskmirrorAsync("secret", "new", "--out", file);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        (int code, string output, string error) = await fixture.DiskmirrorAsync("secret", "derive", "--secret-file", file, "--volume", "home", "--right", "mirror");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(file, error);
        Assert.Contains("chmod 600", error);
    }
}
