using System.Buffers.Binary;
using System.Globalization;
using Mirror.Dump.FileSystems;
using Mirror.Dump.FileSystems.Ext;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Ext;

/// <summary>Images that were copied while they were in use: what is read must be what a mount shows after it has replayed the journal.</summary>
public sealed class JournalTests
{
    [SkippableTheory]
    [InlineData("-t ext4 -b 4096", "rw")]
    [InlineData("-t ext4 -b 1024 -J size=2", "rw")]
    [InlineData("-t ext4 -b 4096 -O ^64bit,^metadata_csum,uninit_bg", "rw")]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,uninit_bg", "rw,journal_checksum")]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,uninit_bg", "rw,journal_checksum,journal_async_commit,data=writeback")]
    [InlineData("-t ext4 -b 4096 -O inline_data,ea_inode,bigalloc -C 16384", "rw,journal_checksum,journal_async_commit,data=writeback")]
    [InlineData("-t ext3 -b 1024", "rw")]
    [InlineData("-t ext3 -b 4096 -J size=16", "rw,data=journal")]
    [InlineData("-t ext4 -b 2048 -J size=8", "rw,data=journal")]
    public void A_journal_is_replayed_as_a_mount_would(string options, string mount)
    {
        Needs.Mounts();
        using var image = ExtImage.Make(96 << 20, options);
        image.Mount(mount);
        Fill(image.MountPoint, rounds: 6);
        // A file that is open and has no name any more: in the image its inode is in use, yet nobody can reach it.
        string gone = Path.Combine(image.MountPoint, "gone");
        using var open = File.Create(gone);
        open.Write(new byte[5000]);
        uint orphan = uint.Parse(Shell.Run("stat", "-c", "%i", gone), CultureInfo.InvariantCulture);
        File.Delete(gone);
        Sync(Path.Combine(image.MountPoint, "last"), new byte[10]);
        string inUse = image.File + ".in-use";
        File.Copy(image.File, inUse);
        open.Dispose();
        image.Unmount();

        // The control: without its journal the copy is not what was there.
        using (var raw = FileBlockSource.Open(inUse)) Assert.True(new ExtVolume(raw).Super.Has(ExtIncompatible.NeedsRecovery));
        File.Copy(inUse, image.File, overwrite: true);
        image.Mount();
        image.Unmount();
        image.Mount("ro");
        using var fileSystem = FileSystem.Open(inUse);
        Assert.Contains("were replayed in memory", Assert.Single(fileSystem.Notes));
        Assert.True(TreeComparison.WithMount(image.MountPoint, fileSystem) > 100);
        Assert.True(fileSystem.IsAllocated(orphan));
        Assert.Null(fileSystem.ReadInode(orphan));
    }

    [SkippableTheory]
    [InlineData("-t ext4 -b 1024", "")]
    [InlineData("-t ext4 -b 4096 -O ^metadata_csum", "")]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,^64bit", "-c -v 2")]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,64bit", "-c -v 2")]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,64bit", "-c -v 3")]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,^64bit", "-c -v 3")]
    [InlineData("-t ext3 -b 1024", "")]
    public void A_journal_gives_block_by_block_what_e2fsck_makes_of_it(string options, string open)
    {
        Needs.Programs("debugfs", "e2fsck");
        using var image = ExtImage.Make(24 << 20, options, directory => File.WriteAllBytes(Path.Combine(directory, "f"), new byte[4 << 20]));
        int block = options.Contains("4096") ? 4096 : 1024;
        long free = (24 << 20) / block * 3 / 4;
        // Blocks that begin with the journal's own magic number are escaped in it.
        byte[] data = new byte[block * 8];
        new Random(7).NextBytes(data);
        for (int i = 0; i < 8; i += 3) BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(i * block), Journal.Magic);
        string file = Path.Combine(image.Scratch, "data");
        File.WriteAllBytes(file, data);
        string[] commands =
        [
            $"jo {open}",
            $"jw -b {free}-{free + 7} {file}",
            $"jw -b {free + 100}-{free + 107} {file}",
            // The second and the fourth of the first ones are revoked by a later transaction, and the fourth is written anew after that.
            $"jw -r {free + 1},{free + 3}",
            $"jw -b {free + 3} {file}",
            "jc",
        ];
        string script = Path.Combine(image.Scratch, "commands");
        File.WriteAllLines(script, commands);
        Shell.Run("debugfs", "-w", "-f", script, image.File);
        string recovered = image.File + ".recovered";
        File.Copy(image.File, recovered);
        Shell.Script($"e2fsck -fy -E journal_only '{recovered}' >/dev/null || [ $? -le 1 ]");

        var notes = new List<string>();
        using var source = FileBlockSource.Open(image.File);
        var volume = new ExtVolume(source);
        using var replayed = JournalReplay.Apply(volume, new ExtInodeTable(volume, new ExtGroupTable(volume)), new ExtContent(volume), notes);
        Assert.IsType<ReplayedBlockSource>(replayed);
        Assert.NotEmpty(notes);
        byte[] due = File.ReadAllBytes(recovered), raw = File.ReadAllBytes(image.File), actual = new byte[due.Length];
        // In odd pieces: what is read need not begin with a block.
        for (int at = 0; at < actual.Length; at += 10_007) replayed.Read(at, actual.AsSpan(at, Math.Min(10_007, actual.Length - at)));
        var differing = Blocks(actual, due, block);
        // e2fsck writes into the superblock and into the journal's, which is its business.
        Assert.True(differing.Count <= 2, string.Join(' ', differing));
        Assert.DoesNotContain(differing, b => b >= free && b < free + 200);
        // The control: all this was in the journal only. (debugfs writes but one of two revocations into a journal with checksums.)
        Assert.Equal(open == "" ? 15 : 16, Blocks(raw, due, block).Count(b => b >= free && b < free + 200));
    }

    [SkippableFact]
    public void A_torn_commit_ends_the_replay_and_a_damaged_block_is_named()
    {
        Needs.Programs("debugfs");
        using var image = ExtImage.Make(24 << 20, "-t ext4 -b 1024");
        string file = Path.Combine(image.Scratch, "data");
        File.WriteAllBytes(file, Enumerable.Repeat((byte)'x', 4096).ToArray());
        File.WriteAllLines(file + ".c", ["jo -c -v 3", $"jw -b 9000-9003 {file}", $"jw -b 9010-9013 {file}", "jc"]);
        Shell.Run("debugfs", "-w", "-f", file + ".c", image.File);
        byte[] whole = File.ReadAllBytes(image.File);
        var commits = Find(whole, 2);
        Assert.Equal(2, commits.Count);
        var descriptors = Find(whole, 1);

        byte[] torn = (byte[])whole.Clone();
        torn[commits[1] + 0x31] ^= 0x10;
        File.WriteAllBytes(image.File, torn);
        using (var fileSystem = FileSystem.Open(image.File)) Assert.Contains("4 blocks", Assert.Single(fileSystem.Notes));

        byte[] damaged = (byte[])whole.Clone();
        damaged[descriptors[0] + 2 * 1024 + 77] ^= 1;
        File.WriteAllBytes(image.File, damaged);
        string message = Assert.Throws<DamagedException>(() => FileSystem.Open(image.File)).Message;
        Assert.Contains("journal: block", message);
        Assert.Contains("for block 9001", message);

        damaged = (byte[])whole.Clone();
        damaged[descriptors[0] + 14] ^= 1;
        File.WriteAllBytes(image.File, damaged);
        Assert.Contains("a block of it has a wrong checksum", Assert.Throws<DamagedException>(() => FileSystem.Open(image.File)).Message);
    }

    [SkippableFact]
    public void A_journal_is_found_by_the_superblocks_copy_when_its_inode_is_damaged()
    {
        Needs.Programs("debugfs");
        using var image = ExtImage.Make(24 << 20, "-t ext4 -b 1024");
        string file = Path.Combine(image.Scratch, "data");
        File.WriteAllBytes(file, new byte[4096]);
        File.WriteAllLines(file + ".c", ["jo", $"jw -b 9000-9003 {file}", "jc"]);
        Shell.Run("debugfs", "-w", "-f", file + ".c", image.File);
        string place = Shell.Run("debugfs", "-R", "imap <8>", image.File);
        // "... located at block 90, offset 0x0700"
        string[] words = place.Split([' ', ',', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
        long at = long.Parse(words[Array.IndexOf(words, "block", Array.IndexOf(words, "located")) + 1], CultureInfo.InvariantCulture) * 1024
            + Convert.ToInt64(words[Array.IndexOf(words, "offset") + 1], 16);
        byte[] bytes = File.ReadAllBytes(image.File);
        bytes[at + 0x28 + 20] ^= 1;
        File.WriteAllBytes(image.File, bytes);
        using var fileSystem = FileSystem.Open(image.File);
        Assert.Contains("4 blocks", Assert.Single(fileSystem.Notes));
    }

    [SkippableFact]
    public void Fast_commits_are_refused_by_name()
    {
        Needs.Mounts();
        using var image = ExtImage.Make(96 << 20, "-t ext4 -b 4096 -O fast_commit");
        image.Mount();
        Shell.Run("sync", "-f", image.MountPoint);
        // A full commit comes first, and after a clean one nothing is refused.
        for (int i = 0; i < 5; i++) Sync(Path.Combine(image.MountPoint, "f"), new byte[5000 + i]);
        string inUse = image.File + ".in-use";
        File.Copy(image.File, inUse);
        image.Unmount();
        var error = Assert.Throws<UnsupportedException>(() => FileSystem.Open(inUse));
        Assert.Contains("fast_commit", error.Message);
        using var clean = FileSystem.Open(image.File);
        Assert.Contains(clean.ReadDirectory(clean.ReadInode(2)!), e => e.Name.Span.SequenceEqual("f"u8));
    }

    private static void Fill(string root, int rounds)
    {
        var random = new Random(11);
        for (int round = 0; round < rounds; round++)
        {
            string directory = Directory.CreateDirectory(Path.Combine(root, $"round-{round}")).FullName;
            for (int i = 0; i < 60; i++)
            {
                byte[] data = new byte[random.Next(9000)];
                random.NextBytes(data);
                // Journaled data that looks like the journal's own.
                if (data.Length > 4) BinaryPrimitives.WriteUInt32BigEndian(data, Journal.Magic);
                File.WriteAllBytes(Path.Combine(directory, $"file-{i}"), data);
            }
            Directory.CreateSymbolicLink(Path.Combine(directory, "link"), new string('l', 200));
            Native.SetAttribute(Path.Combine(directory, "file-3"), "user.a", new byte[400]);
            // What a directory's blocks held is revoked, so that it cannot come back over the data that takes its place.
            if (round > 1) Directory.Delete(Path.Combine(root, $"round-{round - 2}"), recursive: true);
            Sync(Path.Combine(root, $"synced-{round}"), new byte[30_000]);
        }
    }

    /// <summary>Writes a file and has the journal commit it, without writing back what it covers.</summary>
    private static void Sync(string path, byte[] data)
    {
        using var stream = File.Create(path);
        stream.Write(data);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>The numbers of the blocks that differ.</summary>
    private static List<int> Blocks(byte[] one, byte[] other, int block) =>
        [.. Enumerable.Range(0, one.Length / block).Where(i => !one.AsSpan(i * block, block).SequenceEqual(other.AsSpan(i * block, block)))];

    /// <summary>Where blocks of the journal's own of one type are.</summary>
    private static List<int> Find(byte[] image, uint type) =>
        [.. Enumerable.Range(0, image.Length / 1024).Select(i => i * 1024).Where(at =>
            BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(at)) == Journal.Magic && BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(at + 4)) == type)];
}
