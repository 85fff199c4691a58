using Mirror.Driver.Files;
using Mirror.Dump.Archive;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Archive;

/// <summary>Archives in FreeBSD's form, of both byte orders, made by hand.</summary>
public sealed class Ufs2ArchiveTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_archive_of_FreeBSD_comes_back_with_holes_links_times_and_attributes(bool bigEndian)
    {
        MemoryVolumes archive = new(Ufs2Archive.Make(bigEndian));
        Assert.True(ArchiveOperations.Check(archive, null, null, CancellationToken.None) is { IsGood: true, Label: "label", Date: Ufs2Archive.Date });
        string[] names = [.. ArchiveOperations.List(archive, null, []).Select(e => $"{e.Inode} {e.Path}").Order(StringComparer.Ordinal)];
        Assert.Equal(["2 .", "3 large", "4 small", "4 sub/hard", "5 link", "6 sub"], names);
        string root = Directory.CreateTempSubdirectory("dmu-").FullName;
        try
        {
            using RestoreTarget target = RestoreTarget.Open(root, create: false);
            UndumpResult result = ArchiveOperations.Restore(archive, null, null, target, [], false, null, CancellationToken.None);
            Assert.Empty(result.Problems);
            Assert.Equal(Ufs2Archive.Large, File.ReadAllBytes(Path.Combine(root, "large")));
            Assert.Equal("small", File.ReadAllText(Path.Combine(root, "sub/hard")));
            Assert.Equal("sub/hard", new FileInfo(Path.Combine(root, "link")).LinkTarget);
            Assert.Equal(new DateTimeOffset(2023, 11, 14, 22, 13, 15, TimeSpan.Zero).Ticks + 1_234_567, File.GetLastWriteTimeUtc(Path.Combine(root, "small")).Ticks);
            if (!OperatingSystem.IsLinux()) return;
            Assert.True(long.Parse(Shell.Run("stat", "-c", "%b", Path.Combine(root, "large")), System.Globalization.CultureInfo.InvariantCulture) * 512 <= 640 << 10);
            Assert.Equal("2", Shell.Run("stat", "-c", "%h", Path.Combine(root, "small")).Trim());
            if (Environment.UserName == "root") Assert.Equal("1001:1002", Shell.Run("stat", "-c", "%u:%g", Path.Combine(root, "small")).Trim());
            if (Shell.Has("getfattr") && !result.NotSet.Any()) Assert.Contains("user.note=\"kept\"", Shell.Run("getfattr", "--absolute-names", "-d", "-m", "-", Path.Combine(root, "small")), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mutated_archives_of_FreeBSD_end_in_errors_that_are_meant_for_them(bool bigEndian)
    {
        byte[] whole = Ufs2Archive.Make(bigEndian);
        Random random = new(7);
        for (int round = 0; round < 300 * MutationRounds.Factor; round++)
        {
            byte[] bytes = [.. whole];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                int at = random.Next(4) > 0 ? (random.Next(8) * 1024) + random.Next(920) : random.Next(bytes.Length);
                bytes[at] = (byte)random.Next(256);
            }
            try
            {
                MemoryTarget target = new();
                ArchiveOperations.Restore(new MemoryVolumes(bytes), null, null, target, [], false, null, CancellationToken.None);
            }
            catch (Exception e) when (e is DamagedException or NotSupportedException)
            {
                // Refused by name.
            }
        }
    }
}
