using System.Diagnostics;
using Mirror.Dump.Archive;
using Mirror.Dump.FileSystems;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Archive;

/// <summary>Damage costs what was damaged, by name; hostile archives cost nothing else.</summary>
public sealed class ArchiveDamageTests
{
    private const int Files = 200;

    [SkippableFact]
    public void The_same_source_gives_the_same_archive()
    {
        using ExtImage image = Image();
        Assert.Equal(Dump(image, 0).Volumes, Dump(image, 0).Volumes);
        Assert.Equal(Dump(image, 2).Volumes, Dump(image, 2).Volumes);
        Assert.Equal(Dump(image, 2, volumeBytes: 3 << 20).Volumes, Dump(image, 2, volumeBytes: 3 << 20).Volumes);
    }

    [SkippableTheory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(0, 3 << 20)]
    [InlineData(2, 3 << 20)]
    public void What_is_whole_comes_back_whole(int level, long volumeBytes)
    {
        using ExtImage image = Image();
        MemoryVolumes archive = Dump(image, level, volumeBytes);
        Assert.Equal(volumeBytes > 0, archive.Volumes.Count > 1);
        Assert.All(archive.Volumes, v => Assert.True(volumeBytes == 0 || v.Length <= volumeBytes));
        (UndumpResult result, MemoryTarget target) = Restore(archive);
        Assert.Empty(result.Problems);
        for (int i = 0; i < Files; i++) Assert.Equal(Content(i), target.Files[$"/d{i % 7}/file-{i}"]);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(2)]
    public void One_flipped_bit_is_named_and_everything_else_restored(int level)
    {
        using ExtImage image = Image();
        MemoryVolumes archive = Dump(image, level);
        byte[] whole = archive.Volumes[0];
        int seed = MutationRounds.Seed(5);
        Random random = new(seed);
        for (int round = 0; round < 40; round++) MutationRounds.Do(seed, round, () =>
        {
            byte[] changed = [.. whole];
            // Behind the first tape block, which has the maps; padding records of the end are nobody's.
            int at = random.Next(64 << 10, changed.Length - (40 << 10));
            changed[at] ^= (byte)(1 << random.Next(8));
            (UndumpResult result, MemoryTarget target) = Restore(new MemoryVolumes(changed));
            List<int> wrong = Wrong(target);
            Assert.True(wrong.Count == 0 || result.Problems.Count > 0, $"round {round}, byte {at}: {wrong.Count} files are wrong and nothing was said");
            Assert.All(wrong, i => Assert.Contains(result.Problems, p => p.Contains($"/file-{i}:", StringComparison.Ordinal) || p.Contains($"d{i % 7}: ", StringComparison.Ordinal) || p.Contains($"file-{i},", StringComparison.Ordinal)));
            // A compressed block takes along what is in its 32 records.
            Assert.True(wrong.Count <= (level == 0 ? 2 : 40), $"round {round}, byte {at}: {wrong.Count} files are wrong");
            Assert.NotEmpty(result.Problems);
        });
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_lost_block_a_cut_end_and_swapped_blocks_are_named_and_everything_else_restored(int level)
    {
        using ExtImage image = Image();
        byte[] whole = Dump(image, level).Volumes[0];
        const int block = 32 << 10;
        int middle = whole.Length / 2 / block * block;
        byte[][] damaged =
        [
            [.. whole[..middle], .. whole[(middle + block)..]],
            whole[..(whole.Length * 3 / 4)],
            [.. whole[..middle], .. whole[(middle + block)..(middle + (2 * block))], .. whole[middle..(middle + block)], .. whole[(middle + (2 * block))..]],
        ];
        for (int kind = 0; kind < damaged.Length; kind++)
        {
            (UndumpResult result, MemoryTarget target) = Restore(new MemoryVolumes(damaged[kind]));
            List<int> wrong = Wrong(target);
            Assert.NotEmpty(result.Problems);
            Assert.All(wrong, i => Assert.Contains(result.Problems, p => p.Contains($"/file-{i}:", StringComparison.Ordinal)));
            Assert.True(wrong.Count < (kind == 1 ? Files / 2 : Files / 4), $"damage {kind}: {wrong.Count} files are wrong");
        }
    }

    [SkippableFact]
    public void A_block_that_is_lost_in_a_large_file_costs_no_file_behind_it()
    {
        using ExtImage image = Image();
        byte[] whole = Dump(image, 0).Volumes[0];
        const int block = 32 << 10;
        int inside = 0;
        for (int at = 4 * block; at < whole.Length - (2 * block); at += 3 * block)
        {
            (UndumpResult result, MemoryTarget target) = Restore(new MemoryVolumes([.. whole[..at], .. whole[(at + block)..]]));
            List<int> wrong = Wrong(target);
            if (wrong is [77] && result.Problems.Any(p => p.Contains("32 records of it are missing", StringComparison.Ordinal))) inside++;
            Assert.True(wrong.Count <= 12, $"byte {at}: {wrong.Count} files are wrong");
        }
        // Its content covers half of the archive.
        Assert.True(inside > 10, $"{inside} places");
    }

    [SkippableFact]
    public void Mutated_archives_end_in_time_and_in_errors_that_are_meant_for_them()
    {
        int seed = MutationRounds.Seed(20261124);
        int rounds = 1500 * MutationRounds.Factor;
        using ExtImage image = ExtImage.Make(4 << 20, "-t ext4 -b 1024 -N 64", root =>
        {
            for (int i = 0; i < 20; i++) File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine(root, $"d{i % 3}")).FullName, $"f{i}"), Content(i)[..(i * 60)]);
        });
        byte[][] whole = [Dump(image, 0).Volumes[0], Dump(image, 6).Volumes[0]];
        Random random = new(seed);
        for (int round = 0; round < rounds; round++) MutationRounds.Do(seed, round, () =>
        {
            byte[] bytes = [.. whole[round % 2]];
            for (int i = random.Next(1, 8); i > 0; i--)
            {
                int at = random.Next(bytes.Length);
                // Headers are where it hurts; a quarter get a right checksum again, so that what is in them is looked at.
                if (random.Next(2) == 0) at = (at / 1024 * 1024) + random.Next(180);
                bytes[Math.Min(at, bytes.Length - 1)] = (byte)random.Next(256);
                if (random.Next(4) == 0) Repair(bytes, at / 1024 * 1024);
            }
            if (random.Next(10) == 0) bytes = bytes[..random.Next(bytes.Length)];
            // Each by itself: the sum of them tells the machine's speed, not what one archive can cost.
            Stopwatch time = Stopwatch.StartNew();
            try
            {
                Restore(new MemoryVolumes(bytes));
                foreach (ArchiveEntry unused in ArchiveOperations.List(new MemoryVolumes(bytes), null, []))
                {
                }
            }
            catch (Exception e) when (e is DamagedException or NotSupportedException)
            {
                // Refused by name.
            }
            Assert.True(time.Elapsed < TimeSpan.FromSeconds(20), $"it took {time.Elapsed}");
        });
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) < 500 << 20);
    }

    private static void Repair(byte[] bytes, int at)
    {
        if (at + 1024 > bytes.Length) return;
        Span<int> words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(bytes.AsSpan(at, 1024));
        words[7] = 0;
        int sum = 0;
        foreach (int word in words) sum = unchecked(sum + word);
        words[7] = unchecked(84446 - sum);
    }

    private static List<int> Wrong(MemoryTarget target) =>
        [.. Enumerable.Range(0, Files).Where(i => !target.Files.TryGetValue($"/d{i % 7}/file-{i}", out byte[]? there) || !there.AsSpan().SequenceEqual(Content(i)))];

    private static byte[] Content(int i)
    {
        byte[] content = new byte[(i * 997 % 40_000) + (i == 77 ? 3_000_000 : 0)];
        new Random(i).NextBytes(content.AsSpan(0, content.Length / 2));
        return content;
    }

    private static ExtImage Image() => ExtImage.Make(24 << 20, "-t ext4 -b 4096 -N 512", root =>
    {
        for (int i = 0; i < Files; i++) File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine(root, $"d{i % 7}")).FullName, $"file-{i}"), Content(i));
    });

    private static MemoryVolumes Dump(ExtImage image, int level, long volumeBytes = 0)
    {
        using IFileSystem source = FileSystem.Open(image.File);
        MemoryVolumes volumes = new();
        DumpResult result = ArchiveOperations.Dump(source, new DumpRequest { CompressionLevel = level, VolumeBytes = volumeBytes, HostName = "h" }, volumes, null, null, null, CancellationToken.None);
        Assert.Empty(result.Problems);
        return volumes;
    }

    private static (UndumpResult Result, MemoryTarget Target) Restore(MemoryVolumes archive)
    {
        MemoryTarget target = new();
        return (ArchiveOperations.Restore(archive, null, null, target, [], false, null, CancellationToken.None), target);
    }
}
