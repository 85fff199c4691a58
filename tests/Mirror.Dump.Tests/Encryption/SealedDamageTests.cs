using Mirror.Dump.Encryption;

namespace Mirror.Dump.Tests.Encryption;

/// <summary>Section 4 of docs/archive-encryption.md: what is wrong is named, and costs what the table says.</summary>
public sealed class SealedDamageTests
{
    [Fact]
    public void Each_flipped_bit_is_named_and_costs_at_most_its_block()
    {
        using SealedArchive archive = SealedArchive.Make(6, 40);
        using var opener = new ArchiveOpener([archive.Identity]);
        int blocksAt = (int)archive.Offsets[0];
        for (int at = 0; at < archive.Bytes.Length; at++)
        {
            // In the headers every byte, one bit of it; in the blocks every bit.
            for (int bit = at < blocksAt ? at % 8 : 0; bit < (at < blocksAt ? at % 8 + 1 : 8); bit++)
            {
                if (at < blocksAt && at % 61 != 0 && at % (blocksAt / 2) > 1400) continue;
                byte[] bytes = [.. archive.Bytes];
                bytes[at] ^= (byte)(1 << bit);
                using SealedVolumeReader reader = opener.Open(new MemoryStream(bytes), "test.dump");
                IReadOnlyList<SealedRead> found = SealedArchive.ReadAll(reader);
                HashSet<long> missing = archive.Missing(found);
                if (at < blocksAt)
                {
                    Assert.Empty(missing);
                    Assert.NotEmpty(reader.Notes);
                    continue;
                }
                int hit = archive.Offsets.FindLastIndex(o => o <= at);
                Assert.Contains(found, r => r.Kind == SealedReadKind.Damage && r.Number == hit);
                Assert.Equal(hit < archive.Blocks.Count ? [hit] : [], missing);
            }
        }
    }

    [Fact]
    public void A_lost_block_is_named_and_costs_itself()
    {
        using SealedArchive archive = SealedArchive.Make(20);
        for (int lost = 0; lost < 20; lost++)
        {
            byte[] bytes = Join(archive, [.. Enumerable.Range(0, 21).Where(i => i != lost)]);
            Assert.Equal([lost], archive.Missing(archive.Read(bytes, pipe: true)));
        }
    }

    [Fact]
    public void Two_swapped_blocks_are_named_and_cost_no_others()
    {
        using SealedArchive archive = SealedArchive.Make(12);
        for (int i = 0; i < 12; i++)
        {
            for (int j = i + 1; j < 12; j++)
            {
                int[] order = [.. Enumerable.Range(0, 13)];
                (order[i], order[j]) = (j, i);
                IReadOnlyList<SealedRead> found = archive.Read(Join(archive, order));
                HashSet<long> missing = archive.Missing(found);
                // The one that came too late.
                Assert.Subset(new HashSet<long> { i }, missing);
                foreach (int k in new[] { i, j }) Assert.Contains(found, r => r.Kind == SealedReadKind.Damage && r.What.Contains($"block {k} ", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void A_block_that_stands_twice_is_named_and_costs_nothing()
    {
        using SealedArchive archive = SealedArchive.Make(8);
        for (int twice = 0; twice < 8; twice++)
        {
            for (int where = 0; where <= 8; where++)
            {
                List<int> order = [.. Enumerable.Range(0, 9)];
                order.Insert(where, twice);
                IReadOnlyList<SealedRead> found = archive.Read(Join(archive, order));
                Assert.Empty(archive.Missing(found));
                Assert.Contains(found, r => r.Kind == SealedReadKind.Damage && r.Number == twice && r.Count == 0);
            }
        }
    }

    [Fact]
    public void A_cut_at_every_byte_is_named_and_costs_what_is_cut_off()
    {
        using SealedArchive archive = SealedArchive.Make(6, 60);
        for (int end = (int)archive.Offsets[0]; end < archive.Bytes.Length; end++)
        {
            IReadOnlyList<SealedRead> found = archive.Read(archive.Bytes[..end]);
            Assert.Equal(Enumerable.Range(0, 6).Where(i => archive.Offsets[i + 1] > end).Select(i => (long)i), archive.Missing(found).Order());
            Assert.Contains(found, r => r.Kind == SealedReadKind.Damage && r.Count == -1);
        }
    }

    [Fact]
    public void Lost_and_inserted_bytes_anywhere_cost_the_blocks_they_touch()
    {
        using SealedArchive archive = SealedArchive.Make(10, 200);
        var random = new Random(3);
        for (int i = 0; i < 500; i++)
        {
            int at = random.Next((int)archive.Offsets[0], archive.Bytes.Length - 1), count = random.Next(1, 700);
            byte[] noise = new byte[count];
            random.NextBytes(noise);
            bool insert = i % 2 == 0;
            int end = insert ? at : Math.Min(at + count, archive.Bytes.Length);
            byte[] bytes = [.. archive.Bytes[..at], .. insert ? noise : [], .. archive.Bytes[end..]];
            IReadOnlyList<SealedRead> found = archive.Read(bytes, pipe: i % 4 < 2);
            HashSet<long> missing = archive.Missing(found);
            for (int block = 0; block < 10; block++)
            {
                // Asked of the bytes, not of the place: noise that ends like the bytes it stands before leaves a block whole.
                bool whole = bytes.AsSpan().IndexOf(archive.Bytes.AsSpan((int)archive.Offsets[block]..(int)archive.Offsets[block + 1])) >= 0;
                Assert.Equal(whole, !missing.Contains(block));
                if (!insert && archive.Offsets[block] >= at && archive.Offsets[block + 1] <= end) Assert.False(whole);
            }
            Assert.Contains(found, r => r.Kind == SealedReadKind.Damage);
        }
    }

    [Fact]
    public void A_block_of_another_archive_is_left_out_and_named()
    {
        using SealedArchive archive = SealedArchive.Make(10), other = SealedArchive.Make(10, seed: 2);
        for (int spliced = 0; spliced < 10; spliced++)
        {
            byte[] bytes = [.. archive.Bytes[..(int)archive.Offsets[spliced]], .. other.Bytes[(int)other.Offsets[spliced]..(int)other.Offsets[spliced + 1]], .. archive.Bytes[(int)archive.Offsets[spliced + 1]..]];
            IReadOnlyList<SealedRead> found = archive.Read(bytes);
            Assert.Equal([spliced], archive.Missing(found));
            Assert.Contains(found, r => r.Kind == SealedReadKind.Damage && r.Number == spliced);
        }
    }

    [Fact]
    public void Both_headers_of_another_archive_open_nothing()
    {
        using SealedArchive archive = SealedArchive.Make(10), other = SealedArchive.Make(10, seed: 2);
        byte[] bytes = [.. other.Bytes[..(int)other.Offsets[0]], .. archive.Bytes[(int)archive.Offsets[0]..]];
        IReadOnlyList<SealedRead> found = other.Read(bytes);
        Assert.DoesNotContain(found, r => r.Kind == SealedReadKind.Block);
        Assert.Contains(found, r => r.Kind == SealedReadKind.Damage && r.Count == -1);
    }

    [Fact]
    public void Blocks_around_damage_are_found_by_number()
    {
        using SealedArchive archive = SealedArchive.Make(400, 2000);
        byte[] bytes = [.. archive.Bytes];
        foreach (int damaged in new[] { 0, 100, 101, 102, 250, 399 }) bytes[archive.Offsets[damaged] + 3] ^= 1;
        using var opener = new ArchiveOpener([archive.Identity]);
        using SealedVolumeReader reader = opener.Open(new MemoryStream(bytes), "test.dump");
        for (int number = 0; number < 400; number++)
        {
            reader.Seek(number);
            SealedRead read = reader.Read();
            Assert.Equal(number, read.Number);
            Assert.Equal(number is 0 or 100 or 101 or 102 or 250 or 399 ? SealedReadKind.Damage : SealedReadKind.Block, read.Kind);
        }
    }

    [Fact]
    public void Swapped_blocks_do_not_mislead_the_search_by_number()
    {
        using SealedArchive archive = SealedArchive.Make(400, 2000);
        foreach ((int low, int high) in new[] { (50, 350), (199, 201), (10, 11), (0, 399), (120, 130) })
        {
            int[] order = [.. Enumerable.Range(0, 401)];
            (order[low], order[high]) = (high, low);
            using var opener = new ArchiveOpener([archive.Identity]);
            using SealedVolumeReader reader = opener.Open(new MemoryStream(Join(archive, order)), "test.dump");
            for (int number = 0; number < 400; number++)
            {
                reader.Seek(number);
                SealedRead read = reader.Read();
                while (read.Kind == SealedReadKind.Damage && read.Count == 0) read = reader.Read();
                Assert.Equal(number, read.Number);
                // The one that comes too late may be lost; all others are found, and reading goes on behind them.
                Assert.True(read.Kind == SealedReadKind.Block || number == low, $"{number} with {low} and {high} swapped: {read.What}");
                if (read.Kind == SealedReadKind.Block) Assert.Equal(archive.Blocks[number], read.Data.ToArray());
                if (number == high && number < 399)
                {
                    while ((read = reader.Read()).Kind == SealedReadKind.Damage) Assert.Equal(0, read.Count);
                    Assert.Equal(number + 1, read.Number);
                }
            }
        }
    }

    [Fact]
    public void Thousands_of_mutations_never_release_what_was_not_sealed()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        using SealedArchive archive = SealedArchive.Make(12, 300);
        using var opener = new ArchiveOpener([archive.Identity]);
        int blocksAt = (int)archive.Offsets[0];
        for (int i = 0; i < 3000; i++)
        {
            List<byte> bytes = [.. archive.Bytes];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int at = random.Next(blocksAt, bytes.Count), count = Math.Min(random.Next(1, 900), bytes.Count - at);
                switch (random.Next(4))
                {
                    case 0: bytes[at] ^= (byte)random.Next(1, 256); break;
                    case 1: bytes.RemoveRange(at, count); break;
                    case 2: bytes.InsertRange(at, archive.Bytes[(int)archive.Offsets[random.Next(12)]..].Take(count)); break;
                    default: bytes.AddRange(bytes.Skip(at).Take(count).ToArray()); break;
                }
            }
            try
            {
                using SealedVolumeReader reader = opener.Open(new MemoryStream([.. bytes]), "test.dump");
                archive.Missing(SealedArchive.ReadAll(reader));
            }
            catch (Exception e) when (e is not DamagedException)
            {
                throw new InvalidOperationException($"seed {seed}, turn {i}", e);
            }
        }
    }

    private static byte[] Join(SealedArchive archive, IEnumerable<int> order) =>
        [.. archive.Bytes[..(int)archive.Offsets[0]], .. order.SelectMany(i => archive.Bytes[(int)archive.Offsets[i]..(i + 1 < archive.Offsets.Count ? (int)archive.Offsets[i + 1] : archive.Bytes.Length)])];
}
