using System.Buffers.Binary;
using Mirror.Dump.FileSystems;
using Mirror.Dump.FileSystems.Ext;
using Mirror.Dump.Tests.Trees;
using Xunit.Abstractions;

namespace Mirror.Dump.Tests.Ext;

/// <summary>
/// Images with thousands of seeded changes in their metadata, each read whole: only <see cref="DamagedException"/>, in bounded time and memory. Most of the
/// kinds have no checksums, so that the changes reach the code behind them.
/// </summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private const int Megabyte = 1 << 20;

    [SkippableTheory]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,^uninit_bg,inline_data,ea_inode,^has_journal -I 256", 4000)]
    [InlineData("-t ext4 -b 4096 -O ^metadata_csum,64bit,^has_journal", 2000)]
    [InlineData("-t ext2 -b 1024", 4000)]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,uninit_bg,meta_bg,^resize_inode,bigalloc,^has_journal -C 4096", 2000)]
    [InlineData("-t ext4 -b 1024 -O inline_data,^has_journal", 600)]
    public void A_changed_image_gives_damage_and_nothing_else(string options, int rounds)
    {
        using var image = ExtImage.Make(4 * Megabyte, options + " -N 512", root => Populate(root, options));
        Run(File.ReadAllBytes(image.File), rounds, seed: 1);
    }

    [SkippableTheory]
    [InlineData("-t ext3 -b 1024", "jo", 2000)]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum", "jo -c -v 2", 1000)]
    [InlineData("-t ext4 -b 1024", "jo -c -v 3", 1000)]
    public void A_changed_journal_gives_damage_and_nothing_else(string options, string open, int rounds)
    {
        Needs.Programs("debugfs");
        using var image = ExtImage.Make(8 * Megabyte, options + " -N 512 -J size=1", root => Populate(root, options));
        string file = image.File + ".data";
        // The replay brings back the inode table's own blocks, so that a wrong one does harm.
        byte[] whole = File.ReadAllBytes(image.File);
        File.WriteAllBytes(file, whole[..(200 * 1024)]);
        File.WriteAllBytes(file + ".part", whole[(100 * 1024)..(141 * 1024)]);
        File.WriteAllLines(file + ".c", [open, $"jw -b 0-199 {file}", "jw -r 150,151,152", $"jw -b 100-140 {file}.part", "jc"]);
        Shell.Run("debugfs", "-w", "-f", file + ".c", image.File);
        whole = File.ReadAllBytes(image.File);
        // Only the blocks of the journal's own are changed.
        int[] places = [.. Enumerable.Range(0, whole.Length / 1024).Select(i => i * 1024).Where(at => BinaryPrimitives.ReadUInt32BigEndian(whole.AsSpan(at)) == Journal.Magic)];
        Assert.True(places.Length >= 6, $"{places.Length} blocks of the journal");
        Run(whole, rounds, seed: 2, places);
    }

    private static void Populate(string root, string options)
    {
        var random = new Random(3);
        byte[] Bytes(int length)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            return bytes;
        }

        foreach (int size in (int[])[0, 30, 59, 61, 120, 160, 900, 5000, 20_000, 300_000]) File.WriteAllBytes(Path.Combine(root, $"f{size}"), Bytes(size));
        using (var sparse = File.Create(Path.Combine(root, "sparse")))
        {
            for (int i = 0; i < 60; i++)
            {
                sparse.Position = i * 9000L + (i > 50 ? 80_000_000 : 0);
                sparse.Write(Bytes(1000));
            }
        }
        foreach (int length in (int[])[5, 59, 60, 100, 400]) File.CreateSymbolicLink(Path.Combine(root, $"l{length}"), new string('t', length));
        string many = Directory.CreateDirectory(Path.Combine(root, "many")).FullName;
        for (int i = 0; i < 120; i++) File.WriteAllBytes(Path.Combine(many, $"a-long-name-for-many-blocks-{i}-{new string('n', 60)}"), []);
        Directory.CreateDirectory(Path.Combine(root, "a", "b", "c"));
        try
        {
            Native.SetAttribute(Path.Combine(root, "f30"), "user.a", Bytes(10));
            Native.SetAttribute(Path.Combine(root, "f59"), "user.block", Bytes(600));
            if (options.Contains("ea_inode")) Native.SetAttribute(Path.Combine(root, "f61"), "user.large", Bytes(3000));
        }
        catch (IOException)
        {
            // Not every temporary directory takes attributes; the rest is tested all the same.
        }
    }

    private void Run(byte[] whole, int rounds, int seed, int[]? places = null)
    {
        seed = MutationRounds.Seed(seed);
        using var clean = FileSystem.Open(new ArrayBlockSource(whole));
        var (inodes, bytes, damage) = WholeRead.Run(clean, long.MaxValue);
        Assert.Empty(damage);
        Assert.True(inodes > 140 && bytes > 300_000, $"{inodes} inodes, {bytes} bytes");
        int[] metadata = places ?? Metadata(clean, whole);
        byte[] image = new byte[whole.Length];
        var slowest = TimeSpan.Zero;
        long most = 0;
        int refused = 0, found = 0;
        for (int round = 0; round < rounds * MutationRounds.Factor; round++)
        {
            var random = new Random(unchecked(seed + round * 7919));
            whole.CopyTo(image, 0);
            string what = Change(image, whole, metadata, random, clean.BlockBytes);
            var work = new ThreadTime();
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var fileSystem = FileSystem.Open(new ArrayBlockSource(image));
                if (WholeRead.Run(fileSystem, 4L * whole.Length).Damage.Count > 0) found++;
            }
            catch (DamagedException)
            {
                refused++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"DISKMIRROR_SEED={seed}, round {round}: {what}: {e.Message}", e);
            }
            TimeSpan took = work.Elapsed;
            if (took > slowest) slowest = took;
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        output.WriteLine($"{rounds} rounds: {refused} refused, {found} with damage; slowest {slowest.TotalMilliseconds:F0} ms, seed {seed}, most allocated {most >> 10} KiB");
        Assert.True(refused + found > rounds / 20, $"{refused} refused and {found} damaged of {rounds}: the changes miss what is read (DISKMIRROR_SEED={seed})");
        Assert.True(slowest < TimeSpan.FromSeconds(5), $"one image took {slowest} (DISKMIRROR_SEED={seed})");
        Assert.True(most < 400L * Megabyte, $"one image took {most >> 20} MiB (DISKMIRROR_SEED={seed})");
    }

    /// <summary>Blocks that hold metadata: those before the first content of a file, and those that files' maps lie in.</summary>
    private static int[] Metadata(IFileSystem fileSystem, byte[] whole)
    {
        var content = new HashSet<long>();
        for (uint i = 1; i <= fileSystem.MaxInode; i++)
        {
            if (!fileSystem.IsAllocated(i) || fileSystem.ReadInode(i) is not { } inode) continue;
            if (inode.Kind == InodeKind.Directory) continue;
            foreach (var run in fileSystem.DataRuns(inode).Where(r => r.SourceOffset >= 0))
            {
                for (long at = 0; at < run.Length; at += fileSystem.BlockBytes) content.Add((run.SourceOffset + at) / fileSystem.BlockBytes);
            }
        }
        // A block that no file's content lies in and that is not all zero is metadata of some kind; block maps and attributes among them.
        return [.. Enumerable.Range(0, whole.Length / fileSystem.BlockBytes)
            .Where(b => !content.Contains(b) && whole.AsSpan(b * fileSystem.BlockBytes, fileSystem.BlockBytes).ContainsAnyExcept((byte)0))
            .Select(b => b * fileSystem.BlockBytes)];
    }

    private static string Change(byte[] image, byte[] whole, int[] places, Random random, int blockBytes)
    {
        int count = 1 + random.Next(4);
        string what = "";
        for (int i = 0; i < count; i++)
        {
            int place = places[random.Next(places.Length)];
            // The first bytes of most blocks matter more than the last.
            int offset = random.Next(3) == 0 ? random.Next(Math.Min(128, blockBytes)) : random.Next(blockBytes);
            if (place == 0 && blockBytes > 1024 || place == 1024 && blockBytes == 1024) offset = (place == 0 ? 1024 : 0) + random.Next(0x280);
            int at = place + offset;
            switch (random.Next(5))
            {
                case 0:
                    image[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    image[at] = (byte)random.Next(256);
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(at & ~1), (ushort)(random.Next(2) == 0 ? random.Next(65536) : ushort.MaxValue - random.Next(3)));
                    break;
                case 3:
                    BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at & ~3), random.Next(3) switch { 0 => uint.MaxValue, 1 => (uint)random.Next(image.Length / blockBytes), _ => (uint)random.Next() });
                    break;
                default:
                    // A block in the place of another: loops and fans in trees.
                    int other = places[random.Next(places.Length)];
                    whole.AsSpan(other, blockBytes).CopyTo(image.AsSpan(place));
                    break;
            }
            what += $"block {place / blockBytes} byte {offset}; ";
        }
        return what;
    }
}
