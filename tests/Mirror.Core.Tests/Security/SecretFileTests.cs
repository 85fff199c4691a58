using Mirror.Core.Security;

namespace Mirror.Core.Tests.Security;

public sealed class SecretFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("dm-secret-").FullName;

    private string Path(string name) => System.IO.Path.Combine(_directory, name);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_secret_is_written_for_its_owner_only_and_read_back()
    {
        Secret secret = Secret.NewMaster();
        SecretFile.Write(Path("s"), secret);
        Assert.Equal(secret.ToText(), SecretFile.Read(Path("s")).ToText());
        Assert.Equal(secret.ToText() + "\n", File.ReadAllText(Path("s")));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path("s")));
    }

    [Fact]
    public void A_file_that_is_there_is_replaced_only_when_asked()
    {
        Secret first = Secret.NewMaster(), second = Secret.NewMaster();
        SecretFile.Write(Path("s"), first);
        Assert.Throws<IOException>(() => SecretFile.Write(Path("s"), second));
        Assert.Equal(first.ToText(), SecretFile.Read(Path("s")).ToText());
        SecretFile.Write(Path("s"), second, overwrite: true);
        Assert.Equal(second.ToText(), SecretFile.Read(Path("s")).ToText());
        Assert.Single(Directory.GetFiles(_directory));
    }

    [SkippableTheory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_file_that_others_can_read_or_change_is_refused(UnixFileMode extra)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no Unix file modes.");
        SecretFile.Write(Path("s"), Secret.NewMaster());
        SetMode(Path("s"), UnixFileMode.UserRead | UnixFileMode.UserWrite | extra);
        var e = Assert.Throws<SecretException>(() => SecretFile.Read(Path("s")));
        Assert.Contains($"chmod 600 {Path("s")}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_in_a_file_is_said_with_its_name()
    {
        Write("empty", "");
        Write("text", "dm1-master-00-11");
        Write("large", new string('x', 2000));
        Write("two", Secret.NewMaster().ToText() + "\n" + Secret.NewMaster().ToText());
        foreach (string name in new[] { "empty", "text", "large", "two" })
            Assert.StartsWith(Path(name) + ": ", Assert.Throws<SecretException>(() => SecretFile.Read(Path(name))).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => SecretFile.Read(Path("absent")));
    }

    private void Write(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        SetMode(Path(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
    }
}
