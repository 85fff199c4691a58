using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Mirror.Dump.Archive.Deflate;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Archive;

/// <summary>
/// <see cref="FastInflate"/> takes what the base library's zlib takes, and gives the same; and it refuses what that refuses. The library is the model: what of its answer does not come from
/// zlib itself, a cut end that it passes over, is made up for in <see cref="ByLibrary"/>.
/// </summary>
public class FastInflateTests
{
    private readonly FastInflate _inflate = new();

    [Fact]
    public void What_zlib_writes_at_each_level_comes_back()
    {
        foreach (byte[] content in Contents())
        {
            foreach (ZLibCompressionStrategy strategy in Enum.GetValues<ZLibCompressionStrategy>())
            {
                for (int level = 0; level < 10; level++) Check(Zlib(content, level, strategy), content);
            }
        }
    }

    [Fact]
    public void What_our_encoder_writes_comes_back()
    {
        FastDeflate deflate = new();
        foreach (byte[] content in Contents().Where(c => c.Length > 0))
        {
            byte[] place = new byte[content.Length + (content.Length / 8) + 1024];
            Check(place[..deflate.Compress(content, place)], content);
        }
    }

    [Fact]
    public void Every_short_length_comes_back()
    {
        for (int length = 0; length < 700; length++)
        {
            byte[] content = Samples.Text(length, words: 7, seed: length);
            Check(Zlib(content, 6), content);
        }
    }

    [Fact]
    public void Matches_of_every_length_and_distance_come_back_near_the_ends_and_far_from_them()
    {
        int[] distances = [.. Enumerable.Range(1, 40), 255, 256, 257, 4095, 4096, 4097, 16_384, 24_576, 24_577, 32_506, 32_767, 32_768];
        foreach (int distance in distances)
        {
            byte[] noise = Samples.Noise(distance, seed: distance);
            foreach (int length in Enumerable.Range(3, 40).Concat([64, 65, 128, 257, DeflateSymbols.MaxLength]))
            {
                foreach (int behind in new[] { 0, 1000 })
                {
                    byte[] end = Samples.Noise(behind, seed: 1);
                    BitList bits = BitList.WithHeader();
                    bits.PutStored(noise, last: false);
                    bits.PutFixedMatch(length, distance);
                    bits.PutStored(end, last: true);
                    List<byte> content = [.. noise];
                    for (int i = 0; i < length; i++) content.Add(content[^distance]);
                    content.AddRange(end);
                    Check(bits.Done([.. content]), [.. content]);
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300)]
    public void A_match_from_before_the_first_byte_is_refused(int before)
    {
        byte[] noise = Samples.Noise(before, seed: 1);
        BitList bits = BitList.WithHeader();
        bits.PutStored(noise, last: false);
        bits.PutFixedMatch(3, before + 1);
        bits.PutStored(Samples.Noise(1000, seed: 2), last: true);
        Refused(bits.Done(noise), 40_000, $"a match {before + 1} bytes back, of {before}");
    }

    [Fact]
    public void Codes_that_are_none_are_refused()
    {
        // Lengths of the code of code lengths, in their order: of 16, 17, 18, 0. Where two are 1, the lesser symbol has the code 0.
        Refused(Dynamic(257, 1, [1, 1, 1, 0], ""), 100, "a code of code lengths that is none");
        Refused(Dynamic(257, 1, [0, 0, 1, 0], ""), 100, "a code of code lengths that is none");
        Refused(Dynamic(257, 1, [0, 0, 0, 0], ""), 100, "a code of code lengths that is none");
        Refused(Dynamic(287, 1, [1, 0, 0, 1], ""), 100, "a code for 287 literals and 1 distances");
        Refused(Dynamic(257, 31, [1, 0, 0, 1], ""), 100, "a code for 257 literals and 31 distances");
        Refused(Dynamic(257, 1, [1, 0, 0, 1], "1"), 100, "a repeated length without one before");
        Refused(Dynamic(257, 1, [0, 0, 1, 1], "1" + "1111111" + "1" + "1111111"), 100, "more code lengths than codes");
        Refused(Dynamic(257, 1, [0, 0, 1, 1], "1" + "1111111" + "1" + "1011011"), 100, "a code without an end");
        Refused(Dynamic([(0, 1), (1, 1), (256, 1)], [0], ""), 100, "a code of literals that is none");
        Refused(Dynamic([(0, 2), (256, 1)], [0], ""), 100, "a code of literals that is none");
        Refused(Dynamic([(256, 2)], [0], ""), 100, "a code of literals that is none");
        Refused(Dynamic([(0, 1), (256, 1)], [1, 1, 1], ""), 100, "a code of distances that is none");
        Refused(Dynamic([(0, 1), (256, 1)], [1, 2], ""), 100, "a code of distances that is none");
        Refused(Dynamic([(0, 1), (256, 1)], [2], ""), 100, "a code of distances that is none");
    }

    [Fact]
    public void A_code_of_one_symbol_is_taken_and_its_other_half_refused()
    {
        Check(Dynamic([(256, 1)], [0], "0"), []);
        Refused(Dynamic([(256, 1)], [0], "1"), 100, "a code that stands for nothing");
        // 257, a length of 3, is 0; 'a' is 10, the end 11.
        (int, byte)[] symbols = [('a', 2), (256, 2), (257, 1)];
        Check(Dynamic(symbols, [1], "10" + "0" + "0" + "11", "aaaa"u8), "aaaa"u8.ToArray());
        Refused(Dynamic(symbols, [1], "10" + "0" + "1" + "11"), 100, "a distance that stands for nothing");
        Refused(Dynamic(symbols, [0], "10" + "0" + "0" + "11"), 100, "a distance that stands for nothing");
        Check(Dynamic(symbols, [0], "10" + "11", "a"u8), "a"u8.ToArray());
    }

    [Fact]
    public void Codes_of_15_bits_come_back()
    {
        // One code of each length, two of the longest: the end and the lengths among them.
        (int Symbol, byte Length)[] symbols = [.. Enumerable.Range(1, 15).Select(l => (l == 14 ? 256 : l == 13 ? 284 : 'a' + l, (byte)l)), (285, 15)];
        byte[] distances = [.. Enumerable.Range(1, 15).Select(l => (byte)l), 15];
        string[] codes = [.. Enumerable.Range(1, 15).Select(l => new string('1', l - 1) + "0"), new string('1', 15)];
        StringBuilder text = new();
        List<byte> content = [];
        for (int round = 0; round < 200; round++)
        {
            foreach (int l in Enumerable.Range(1, 12).Append(15).Reverse())
            {
                text.Append(codes[l - 1]);
                content.Add((byte)('a' + l));
            }
            int distance = round % 16;
            // 284 with its 5 bits, all ones, is 258 as well as 285 is.
            text.Append(round % 2 == 0 ? codes[12] + "11111" : codes[15]).Append(codes[distance]);
            int extra = DeflateSymbols.DistanceExtraBits(distance), back = DeflateSymbols.DistanceBase(distance);
            text.Append('0', extra);
            for (int i = 0; i < DeflateSymbols.MaxLength; i++) content.Add(content[^back]);
        }
        text.Append(codes[13]);
        Check(Dynamic(symbols, distances, text.ToString(), [.. content]), [.. content]);
    }

    [Fact]
    public void Symbols_that_mean_nothing_are_refused()
    {
        foreach ((string code, string what) in new[] { ("11000110", "a code that stands for nothing"), ("11000111", "a code that stands for nothing"), ("0000001" + "11110", "a distance that stands"), ("0000001" + "11111", "a distance that stands") })
        {
            foreach (int behind in new[] { 0, 400 })
            {
                BitList bits = BitList.WithHeader();
                bits.PutStored([7], last: false);
                bits.Put(0b010, 3);
                bits.PutCodes(code);
                for (int i = 0; i < behind; i++) bits.Put(0, 8);
                Refused(bits.Done([]), 1000, what);
            }
        }
        BitList unknown = BitList.WithHeader();
        unknown.Put(0b111, 3);
        Refused(unknown.Done([]), 100, "a deflate block of an unknown kind");
    }

    [Fact]
    public void Headers_stored_lengths_and_checksums_are_looked_at()
    {
        byte[] whole = Zlib(Samples.Noise(100, seed: 3), 0);
        for (int head = 0; head <= ushort.MaxValue; head++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(whole, (ushort)head);
            CheckAgainstLibrary(whole, 100);
        }
        whole = Zlib(Samples.Noise(100, seed: 3), 0);
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] changed = [.. whole];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            CheckAgainstLibrary(changed, 100);
        }
    }

    [Fact]
    public void A_block_that_is_cut_at_any_byte_is_refused()
    {
        foreach (byte[] content in new[] { Samples.Text(5000, words: 300, seed: 4), Samples.Noise(700, seed: 5), [], [1], new byte[2000] })
        {
            foreach (int level in new[] { 0, 2, 9 })
            {
                byte[] whole = Zlib(content, level);
                for (int length = 0; length < whole.Length; length++) Refused(whole[..length], content.Length, length < 2 ? "it is cut" : "");
            }
        }
    }

    [Fact]
    public void What_stands_behind_the_checksum_is_left_alone_as_zlib_leaves_it()
    {
        byte[] content = Samples.Text(5000, words: 300, seed: 6);
        Check([.. Zlib(content, 6), .. Samples.Noise(100, seed: 7)], content);
    }

    [Fact]
    public void A_place_that_is_too_small_is_refused_and_not_left()
    {
        foreach (byte[] content in new[] { Samples.Text(3000, words: 300, seed: 8), new byte[3000], Samples.Noise(3000, seed: 9) })
        {
            byte[] block = Zlib(content, 6), place = new byte[content.Length + 600];
            for (int room = 0; room < content.Length; room++)
            {
                place.AsSpan().Fill(0xA5);
                DamagedException refused = Assert.Throws<DamagedException>(() => _inflate.Decompress(block, place.AsSpan(0, room)));
                Assert.Equal($"it gives more than {room} bytes", refused.Message);
                Assert.False(place.AsSpan(room).ContainsAnyExcept((byte)0xA5));
            }
        }
    }

    [Fact]
    public void It_allocates_nothing_for_a_block()
    {
        byte[] content = Samples.Text(32 << 10, words: 300, seed: 10), place = new byte[content.Length];
        byte[][] blocks = [Zlib(content, 6), Zlib(content, 0), Zlib(content, 6, ZLibCompressionStrategy.Fixed)];
        foreach (byte[] block in blocks) _inflate.Decompress(block, place);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte[] block in blocks) _inflate.Decompress(block, place);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Mutated_blocks_are_taken_and_refused_as_zlib_does_it()
    {
        int seed = MutationRounds.Seed(20261127);
        Random random = new(seed);
        byte[][] contents = [Samples.Text(2000, words: 60, seed: 11), Samples.Text(4000, words: 3, seed: 12), Samples.Mixed(3000, seed: 13), Samples.Noise(300, seed: 14), new byte[1500], [1, 2, 3]];
        (byte[] Block, int Length)[] whole =
        [
            .. from content in contents from level in new[] { 0, 1, 6, 9 } from strategy in new[] { ZLibCompressionStrategy.Default, ZLibCompressionStrategy.Fixed, ZLibCompressionStrategy.HuffmanOnly } select (Zlib(content, level, strategy), content.Length),
        ];
        int taken = 0, rounds = 20_000 * MutationRounds.Factor;
        for (int round = 0; round < rounds; round++) MutationRounds.Do(seed, round, () =>
        {
            (byte[] block, int length) = whole[random.Next(whole.Length)];
            byte[] changed = [.. block];
            // What makes the codes stands at the beginning.
            int most = random.Next(2) == 0 ? Math.Min(100, changed.Length) : changed.Length;
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                int at = random.Next(2, most);
                changed[at] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)(changed[at] ^ (1 << random.Next(8)));
            }
            if (random.Next(8) == 0) changed = changed[..random.Next(changed.Length)];
            else if (random.Next(8) == 0) changed = [.. changed, .. Samples.Noise(random.Next(400), round)];
            int room = random.Next(3) == 0 ? length : length + random.Next(3000);
            CheckAgainstLibrary(changed, room);
            // Once more with the checksum of what it gives now, so that the content is compared and not only refused.
            if (Repaired(changed, room) is not { } repaired) return;
            CheckAgainstLibrary(repaired, room);
            if (ByLibrary(repaired, room) is not null) taken++;
        });
        Assert.True(taken > rounds / 20, $"only {taken} were taken");
    }

    [Fact]
    public void The_checksum_is_that_of_adding_up_byte_by_byte()
    {
        byte[] noise = Samples.Noise(70_000, seed: 15), most = new byte[70_000];
        most.AsSpan().Fill(255);
        foreach (byte[] bytes in new[] { noise, most })
        {
            for (int length = 0; length < 1700; length++) Assert.Equal(Adler32.Single(bytes.AsSpan(0, length)), Adler32.Of(bytes.AsSpan(0, length)));
            Assert.Equal(Adler32.Single(bytes), Adler32.Of(bytes));
        }
        Assert.Equal(0x11E60398u, Adler32.Of("Wikipedia"u8));
    }

    private static IEnumerable<byte[]> Contents() =>
    [
        [], [42], Samples.Text(100, words: 20, seed: 1), Samples.Text(32 << 10, words: 4000, seed: 2), Samples.Text(200_000, words: 500, seed: 3), new byte[32 << 10], new byte[300_000],
        Samples.Noise(32 << 10, seed: 4), Samples.Noise(100_000, seed: 5), Samples.Mixed(64 << 10, seed: 6), Samples.Mixed(300_000, seed: 7),
        [.. Samples.Noise(32_768, seed: 8), .. Samples.Noise(32_768, seed: 8)], [.. Enumerable.Range(0, 40_000).Select(i => (byte)(i % 7))], Samples.Steep(60_000, seed: 9),
    ];

    private void Check(byte[] block, byte[] content)
    {
        byte[]? model = ByLibrary(block, content.Length);
        Assert.NotNull(model);
        Assert.True(model.AsSpan().SequenceEqual(content));
        foreach (int room in new[] { content.Length, content.Length + 1000 })
        {
            byte[] place = new byte[room];
            Assert.Equal(content.Length, _inflate.Decompress(block, place));
            Assert.True(place.AsSpan(0, content.Length).SequenceEqual(content));
        }
    }

    private void CheckAgainstLibrary(byte[] block, int room)
    {
        byte[]? model = ByLibrary(block, room), own = null;
        byte[] place = new byte[room];
        string why = "";
        try
        {
            own = place[.._inflate.Decompress(block, place)];
        }
        catch (DamagedException e)
        {
            why = e.Message;
        }
        Assert.True((model is null) == (own is null), $"the library {(model is null ? "refuses it" : "takes it")}, we {(own is null ? $"refuse it: {why}" : "take it")}: {Convert.ToHexString(block)}");
        if (model is not null) Assert.True(own.AsSpan().SequenceEqual(model), Convert.ToHexString(block));
    }

    private void Refused(byte[] block, int room, string why)
    {
        Assert.Null(ByLibrary(block, room));
        byte[] place = new byte[room];
        Assert.Contains(why, Assert.Throws<DamagedException>(() => _inflate.Decompress(block, place)).Message, StringComparison.Ordinal);
    }

    /// <summary>What the library makes of a block; null when it refuses it, or it is cut, or gives more than there is room for.</summary>
    private static byte[]? ByLibrary(byte[] block, int room)
    {
        CountedStream input = new(block, atOnce: int.MaxValue);
        using ZLibStream stream = new(input, CompressionMode.Decompress);
        byte[] place = new byte[room + 1];
        try
        {
            int got = stream.ReadAtLeast(place, place.Length, throwOnEndOfStream: false);
            // It asks for more only when the checksum has not come yet; that none comes it passes over.
            return got > room || input.AskedBeyond ? null : place[..got];
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return null;
        }
    }

    /// <summary>The block with the checksum that its content has, where its last deflate block ends; null when that does not come.</summary>
    private static byte[]? Repaired(byte[] block, int room)
    {
        // Byte by byte, so that the library takes none too many.
        CountedStream input = new(block.AsMemory(Math.Min(2, block.Length)), atOnce: 1);
        using DeflateStream stream = new(input, CompressionMode.Decompress);
        byte[] place = new byte[room + 1];
        try
        {
            int got = stream.ReadAtLeast(place, place.Length, throwOnEndOfStream: false);
            if (got > room || input.AskedBeyond) return null;
            byte[] sum = new byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(sum, Adler32.Single(place.AsSpan(0, got)));
            return [.. block.AsSpan(0, 2 + input.Given), .. sum];
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return null;
        }
    }

    private static byte[] Zlib(byte[] content, int level, ZLibCompressionStrategy strategy = ZLibCompressionStrategy.Default)
    {
        MemoryStream output = new();
        using (ZLibStream stream = new(output, new ZLibCompressionOptions { CompressionLevel = level, CompressionStrategy = strategy }, leaveOpen: true)) stream.Write(content);
        // The library writes nothing at all for nothing.
        return output.Length > 0 ? output.ToArray() : [0x78, 0x9C, 3, 0, 0, 0, 0, 1];
    }

    /// <summary>A block with codes of its own.</summary>
    /// <param name="literals">How many of these have a length.</param>
    /// <param name="distances">And of these.</param>
    /// <param name="metas">Lengths of the code of code lengths, in the order in which they are written.</param>
    /// <param name="codes">What follows, bit by bit.</param>
    /// <param name="content">What it gives.</param>
    private static byte[] Dynamic(int literals, int distances, byte[] metas, string codes, ReadOnlySpan<byte> content = default)
    {
        BitList bits = BitList.WithHeader();
        bits.Put(0b101, 3);
        bits.Put((uint)(literals - 257), 5);
        bits.Put((uint)(distances - 1), 5);
        bits.Put((uint)(metas.Length - 4), 4);
        foreach (byte length in metas) bits.Put(length, 3);
        bits.PutCodes(codes);
        return bits.Done(content);
    }

    /// <summary>The same, each length written by itself: the codes of the lengths 0 to 15 are 4 bits.</summary>
    private static byte[] Dynamic((int Symbol, byte Length)[] literals, byte[] distances, string codes, ReadOnlySpan<byte> content = default)
    {
        byte[] lengths = new byte[Math.Max(257, literals.Max(l => l.Symbol) + 1)];
        foreach ((int symbol, byte length) in literals) lengths[symbol] = length;
        string written = string.Concat(lengths.Concat(distances).Select(l => l.ToString("b4", CultureInfo.InvariantCulture)));
        return Dynamic(lengths.Length, distances.Length, [0, 0, 0, .. Enumerable.Repeat((byte)4, 16)], written + codes, content);
    }
}
