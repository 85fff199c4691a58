using Mirror.Driver.Files;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption;
using Mirror.Dump.Encryption.Age;
using Mirror.Dump.FileSystems;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Archive;

/// <summary>Our archives and those of stock dump, restored by stock restore and by ours, against what a mount shows.</summary>
public sealed class ArchiveStockTests
{
    [SkippableTheory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(0, 4 << 20)]
    [InlineData(6, 4 << 20)]
    public void Stock_restore_brings_our_archive_back_as_the_mount_shows_it(int compression, long volumeBytes)
    {
        // Stock restore extends the sign of device numbers from 2^31 on, and loses names of 255 bytes.
        using ExtImage image = Tree(longName: false, widestDevice: false);
        string archive = Ours(image, compression, volumeBytes);
        string into = Directory.CreateDirectory(Path.Combine(image.Scratch, "stock")).FullName;
        Shell.Script($"cd '{into}' && {StockRestore(image)} -r{(volumeBytes > 0 ? "M" : "")}f '{archive}' >/dev/null 2>&1");
        AssertSame(image, into);
        Shell.Script($"{StockRestore(image)} -t{(volumeBytes > 0 ? "M" : "")}f '{archive}' | grep -q size-4097");
        if (volumeBytes == 0) Shell.Script($"cd '{image.MountPoint}' && {StockRestore(image)} -Cf '{archive}' -D '{image.MountPoint}' >'{image.Scratch}/compared' 2>&1 || {{ cat '{image.Scratch}/compared' >&2; exit 1; }}");
    }

    [SkippableTheory]
    [InlineData("", "")]
    [InlineData("-z2", "")]
    [InlineData("-j2", "")]
    [InlineData("", "-M -B 3000")]
    [InlineData("-z6", "-M -B 3000")]
    public void Our_restore_brings_an_archive_of_stock_dump_back_as_the_mount_shows_it(string compression, string volumes)
    {
        // Devices with large numbers, and names of 255 bytes, are lost by stock dump itself.
        using ExtImage image = Tree(longName: false, wideDevices: false);
        string archive = Path.Combine(image.Scratch, "stock-archive");
        image.Unmount();
        Loop(image, device => Shell.Script($"dump -0 {compression} {volumes} -f '{archive}' {device} >/dev/null 2>&1"));
        image.Mount("ro");
        string into = Path.Combine(image.Scratch, "ours");
        UndumpResult result = Restore(archive, into);
        Assert.Empty(result.Problems);
        AssertSame(image, into);
    }

    [SkippableFact]
    public void Our_restore_brings_our_archive_back_encrypted_too_and_says_what_differs_later()
    {
        using ExtImage image = Tree(longName: true);
        AgeIdentity identity = AgeIdentity.New();
        string archive = Ours(image, 2, 0, identity);
        string into = Path.Combine(image.Scratch, "ours");
        using ArchiveOpener opener = new([identity]);
        using RestoreTarget target = RestoreTarget.Open(into, create: true);
        UndumpResult result = ArchiveOperations.Restore(new FileVolumeSource([archive]), opener, null, target, [], false, null, CancellationToken.None);
        Assert.Empty(result.Problems);
        Assert.Empty(result.NotSet);
        AssertSame(image, into);
        Assert.Empty(ArchiveOperations.Compare(new FileVolumeSource([archive]), opener, target, [], null, CancellationToken.None).Differences);
        File.AppendAllText(Path.Combine(into, "size-4097"), "x");
        Shell.Run("chmod", "600", Path.Combine(into, "size-1024"));
        IReadOnlyList<string> differences = ArchiveOperations.Compare(new FileVolumeSource([archive]), opener, target, [], null, CancellationToken.None).Differences;
        Assert.Contains(differences, d => d.Contains("size-4097", StringComparison.Ordinal));
        Assert.Contains(differences, d => d.Contains("size-1024", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Levels_bring_removals_and_renames_along(bool stockDumps)
    {
        using ExtImage image = Tree(longName: false, wideDevices: false);
        string into = Path.Combine(image.Scratch, "ours"), stock = Directory.CreateDirectory(Path.Combine(image.Scratch, "stock")).FullName;
        string[] changes =
        [
            "echo x > deep/d0/d1/d2/d3/tail",
            "echo y >> deep/d0/d1/d2/d3/tail; mv deep moved; rm -r few-3; mv size-60 few-2/here; echo new > size-61; ln large another; rm also-0; mv names few-2/; rm tty; mkdir tty; rm -r few-4; echo file > few-4",
            "echo z >> moved/d0/d1/d2/d3/tail; mv moved few-2/again; rm another; rm few-4; mkdir few-4; echo z >> large; mv few-2/here .; rm -r few-2/names; chmod 700 few-6",
        ];
        long? since = null;
        for (int level = 0; level < changes.Length; level++)
        {
            Shell.Script($"sleep 1.1; cd '{image.MountPoint}'; {changes[level]}");
            image.Unmount();
            string archive = Path.Combine(image.Scratch, $"level-{level}");
            if (stockDumps) Loop(image, device => Shell.Script($"sed -i 's,^/dev/[^ ]*,{device},' '{image.Scratch}/dates' 2>/dev/null || true; dump -{level} -u -D '{image.Scratch}/dates' -f '{archive}' {device} >/dev/null 2>&1"));
            else since = Dump(image, archive, level, since);
            image.Mount();
            using RestoreTarget target = RestoreTarget.Open(into, create: true);
            UndumpResult result = ArchiveOperations.RestoreLevel(new FileVolumeSource([archive]), null, target, null, CancellationToken.None);
            Assert.Empty(result.Problems);
            AssertSame(image, into);
            if (stockDumps) continue;
            Shell.Script($"cd '{stock}' && {StockRestore(image)} -rf '{archive}' >/dev/null 2>&1");
            AssertSame(image, stock);
        }
        using RestoreTarget again = RestoreTarget.Open(into, create: false);
        IOException refused = Assert.Throws<IOException>(() => ArchiveOperations.RestoreLevel(new FileVolumeSource([Path.Combine(image.Scratch, "level-1")]), null, again, null, CancellationToken.None));
        Assert.Contains("builds on", refused.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_single_file_comes_by_the_index_and_nothing_is_written_through_a_link()
    {
        using ExtImage image = Tree(longName: true);
        string archive = Path.Combine(image.Scratch, "archive");
        using (IFileSystem source = FileSystem.Open(image.File))
        using (FileVolumeSet volumes = new(archive, false, false, new FileDurability()))
        using (FileStream file = File.Create(archive + ".index"))
            ArchiveOperations.Dump(source, new DumpRequest { CompressionLevel = 2 }, volumes, file, null, null, CancellationToken.None);
        using FileStream stream = File.OpenRead(archive + ".index");
        ArchiveIndex index = ArchiveIndex.Read(stream, "index");
        string into = Path.Combine(image.Scratch, "one"), outside = Directory.CreateDirectory(Path.Combine(image.Scratch, "outside")).FullName;
        using RestoreTarget target = RestoreTarget.Open(into, create: true);
        UndumpResult result = ArchiveOperations.Restore(new FileVolumeSource([archive]), null, index, target, ["large", "names/ü"], false, null, CancellationToken.None);
        Assert.Empty(result.Problems);
        Assert.Equal(2, result.Files);
        Shell.Run("cmp", Path.Combine(into, "large"), Path.Combine(image.MountPoint, "large"));
        Shell.Script($"dir='{image.Scratch}/qfa'; mkdir $dir; cd $dir; {StockRestore(image)} -xaf '{archive}' -Q '{archive}.index' ./large >/dev/null 2>&1 </dev/null; cmp large '{image.MountPoint}/large'");

        Directory.CreateSymbolicLink(Path.Combine(into, "deep"), outside);
        UndumpResult through = ArchiveOperations.Restore(new FileVolumeSource([archive]), null, null, target, ["deep"], true, null, CancellationToken.None);
        Assert.Contains(through.Problems, p => p.Contains("symbolic link is not followed", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    private static ExtImage Tree(bool longName, bool wideDevices = true, bool widestDevice = true)
    {
        Needs.Programs("dump", "restore", "rsync", "mke2fs", "losetup");
        ExtImage image = ExtImage.Make(80 << 20, "-t ext4 -b 4096 -N 4096");
        try
        {
            image.Mount();
            new SampleTree(image.MountPoint, 4096).Files().Holes(300).Specials().Directories(200).Attributes(3500);
            if (!longName) File.Delete(Path.Combine(image.MountPoint, "names", new string('n', 255)));
            if (!wideDevices) Shell.Script($"cd '{image.MountPoint}' && rm wide wide-disk");
            if (!widestDevice) Shell.Script($"cd '{image.MountPoint}' && rm wide-disk");
            Shell.Run("sync", "-f", image.MountPoint);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    private static string Ours(ExtImage image, int compression, long volumeBytes, AgeIdentity? identity = null)
    {
        image.Unmount();
        string archive = Path.Combine(image.Scratch, "archive");
        using ArchiveSeal? seal = identity is null ? null : ArchiveSeal.New(new ArchiveSealOptions { Recipients = [identity.Recipient], BlockBytes = (32 << 10) + 4 });
        using (IFileSystem source = FileSystem.Open(image.File))
        using (FileVolumeSet volumes = new(archive, volumeBytes > 0, false, new FileDurability()))
        {
            DumpResult result = ArchiveOperations.Dump(source, new DumpRequest { CompressionLevel = compression, VolumeBytes = volumeBytes, FileSystemName = image.MountPoint }, volumes, null, seal, null, CancellationToken.None);
            Assert.Empty(result.Problems);
        }
        image.Mount("ro");
        return archive;
    }

    private static long Dump(ExtImage image, string archive, int level, long? since)
    {
        using IFileSystem source = FileSystem.Open(image.File);
        using FileVolumeSet volumes = new(archive, false, false, new FileDurability());
        return ArchiveOperations.Dump(source, new DumpRequest { Level = level, Since = since }, volumes, null, null, null, CancellationToken.None).Date;
    }

    private static UndumpResult Restore(string archive, string into)
    {
        using RestoreTarget target = RestoreTarget.Open(into, create: true);
        return ArchiveOperations.Restore(new FileVolumeSource([archive]), null, null, target, [], false, null, CancellationToken.None);
    }

    private static void Loop(ExtImage image, Action<string> action)
    {
        string device = Shell.AttachLoop(image.File);
        try
        {
            action(device);
        }
        finally
        {
            Shell.Run("losetup", "-d", device);
        }
    }

    /// <summary>Content, links, owners, modes, times, attributes, ACLs, devices: rsync finds nothing to do. Sparse files stay sparse.</summary>
    private static void AssertSame(ExtImage image, string restored)
    {
        string todo = Shell.Script($"rsync -rlptgoDHXAinc --delete --modify-window=1 --exclude=restoresymtable --exclude=.diskmirror-undump --exclude=lost+found '{image.MountPoint}/' '{restored}/' | grep -v '^[.]d..t[.]*  *[.]/$' || true");
        Assert.Equal("", todo);
        Shell.Script($"for f in holes parts all-hole; do a=$(stat -c %b '{image.MountPoint}'/$f) b=$(stat -c %b '{restored}'/$f); (( b <= a + 64 )) || {{ echo $f: $a $b blocks >&2; exit 1; }}; done");
    }

    /// <summary>Stock restore names its files in TMPDIR by the archive's date alone: two at once, of archives of the same second, would take each other's.</summary>
    private static string StockRestore(ExtImage image) => $"TMPDIR='{image.Scratch}' restore";
}
