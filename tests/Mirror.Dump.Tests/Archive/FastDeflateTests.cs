using System.IO.Compression;
using Mirror.Dump.Archive.Deflate;

namespace Mirror.Dump.Tests.Archive;

/// <summary>What <see cref="FastDeflate"/> writes, the base library's zlib reads.</summary>
public class FastDeflateTests
{
    private readonly FastDeflate _deflate = new();

    [Fact]
    public void Every_length_comes_back()
    {
        for (int length = 1; length < 700; length++) Check(Samples.Text(length, words: 7, seed: length));
    }

    [Theory]
    [InlineData(32 << 10)]
    [InlineData((32 << 10) - 1)]
    [InlineData((32 << 10) + 1)]
    [InlineData(1 << 20)]
    public void Pieces_and_their_borders_come_back(int length)
    {
        Check(Samples.Text(length, words: 500, seed: 1));
        Check(new byte[length]);
        byte[] noise = new byte[length];
        new Random(2).NextBytes(noise);
        Check(noise);
    }

    [Fact]
    public void Matches_of_all_lengths_and_distances_come_back()
    {
        Random random = new(3);
        byte[] block = new byte[MatchFinder.PieceBytes];
        for (int round = 0; round < 300; round++)
        {
            random.NextBytes(block);
            for (int at = 300; at < block.Length - 300;)
            {
                int length = random.Next(3, 300), distance = random.Next(1, random.Next(2) == 0 ? 300 : at);
                for (int i = 0; i < length; i++) block[at + i] = block[at + i - distance];
                at += length + random.Next(40);
            }
            Check(block);
        }
    }

    [Fact]
    public void Counts_like_Fibonacci_numbers_are_cut_to_codes_of_15_bits()
    {
        // The best code of 22 such symbols has one of 21 bits.
        HuffmanCode code = new(22, 15);
        (int a, int b) = (1, 1);
        for (int i = 0; i < 22; i++)
        {
            code.Counts[i] = a;
            (a, b) = (b, a + b);
        }
        code.Make();
        Assert.Equal(15, code.Lengths.ToArray().Max());
        Assert.Equal(1 << 15, code.Lengths.ToArray().Sum(l => 1 << (15 - l)));
        for (int i = 1; i < 22; i++) Assert.True(code.Lengths[i] <= code.Lengths[i - 1]);
    }

    [Fact]
    public void A_place_that_is_too_small_gives_nothing_and_is_not_left()
    {
        byte[] block = Samples.Text(20_000, words: 300, seed: 4);
        byte[] place = new byte[block.Length];
        int needed = _deflate.Compress(block, place);
        Assert.InRange(needed, 1, block.Length / 2);
        for (int room = 1; room < needed + 8; room++)
        {
            Array.Clear(place);
            Assert.Equal(0, _deflate.Compress(block, place.AsSpan(0, room)));
            Assert.False(place.AsSpan(room).ContainsAnyExcept((byte)0));
        }
    }

    [Fact]
    public void It_is_no_larger_than_what_zlib_makes_at_its_first_level()
    {
        byte[] block = Samples.Text(256 << 10, words: 4000, seed: 5);
        using MemoryStream zlib = new();
        using (ZLibStream stream = new(zlib, new ZLibCompressionOptions { CompressionLevel = 1 }, leaveOpen: true)) stream.Write(block);
        Assert.InRange(_deflate.Compress(block, new byte[block.Length]), 1, (int)zlib.Length);
    }

    private void Check(byte[] block)
    {
        byte[] place = new byte[block.Length + (block.Length / 8) + 1024];
        int bytes = _deflate.Compress(block, place);
        Assert.NotEqual(0, bytes);
        using ZLibStream stream = new(new MemoryStream(place, 0, bytes), CompressionMode.Decompress);
        byte[] back = new byte[block.Length + 1];
        Assert.Equal(block.Length, stream.ReadAtLeast(back, back.Length, throwOnEndOfStream: false));
        Assert.True(back.AsSpan(0, block.Length).SequenceEqual(block));
    }
}
