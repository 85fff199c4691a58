using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

public sealed class UnitHasherTests
{
    private static byte[] Filled(int bytes, byte value) => Enumerable.Repeat(value, bytes).ToArray();

    /// <summary>The tags were computed with another implementation of AES-GCM (OpenSSL through Python).</summary>
    [Theory]
    [InlineData(4096, 4096, 1, 5, "1f7334e44d0eaed08f03b534921ab399")]
    [InlineData(1 << 20, 1 << 20, 2, 2, "e82941369d92435f0a2f4245fb190e7c")]
    [InlineData(512, 4096, 9, 3, "8276b00a5c2bbbcef74d14235b6e60ef")]
    public void Tags_are_those_of_the_document(int bytes, int unitBytes, byte fill, long number, string expected)
    {
        using var hasher = new UnitHasher(FrameBytes.Run(0));
        byte[] tag = new byte[16];
        Assert.True(hasher.Hash(Filled(bytes, fill), unitBytes, number, tag));
        Assert.Equal(expected, Convert.ToHexStringLower(tag));
    }

    [Fact]
    public void A_unit_of_zeroes_has_a_tag_of_zeroes_and_one_bit_changes_that()
    {
        using var hasher = new UnitHasher(FrameBytes.Run(0));
        byte[] unit = new byte[4096], tag = Filled(16, 0xee);
        Assert.False(hasher.Hash(unit, 4096, 1, tag));
        Assert.Equal(new byte[16], tag);
        for (int at = 0; at < unit.Length; at += 61)
        {
            unit[at] = 1;
            Assert.True(hasher.Hash(unit, 4096, 1, tag));
            Assert.NotEqual(new byte[16], tag);
            unit[at] = 0;
        }
    }

    [Fact]
    public void A_chunk_gives_one_tag_or_256_and_a_short_last_unit_its_own()
    {
        using var hasher = new UnitHasher(FrameBytes.Run(3));
        byte[] chunk = new byte[(1 << 20) - 3584];
        new Random(5).NextBytes(chunk);
        chunk.AsSpan(4096, 8192).Clear();
        byte[] tags = new byte[256 * 16];
        Assert.Equal(254, hasher.HashAll(chunk, 4096, 512, tags));
        byte[] one = new byte[16];
        for (int unit = 0; unit < 256; unit++)
        {
            int from = unit * 4096;
            hasher.Hash(chunk.AsSpan(from, Math.Min(4096, chunk.Length - from)), 4096, 512 + unit, one);
            Assert.Equal(one, tags[(unit * 16)..(unit * 16 + 16)]);
        }
        Assert.Equal(1, hasher.HashAll(chunk, 1 << 20, 2, one));
    }

    [Fact]
    public void The_place_and_the_key_are_part_of_the_tag()
    {
        byte[] unit = Filled(4096, 1);
        var tags = new HashSet<string>();
        foreach (byte key in new byte[] { 1, 2 })
        {
            using var hasher = new UnitHasher(FrameBytes.Run(key));
            for (int number = 0; number < 10; number++)
            {
                byte[] tag = new byte[16];
                hasher.Hash(unit, 4096, number, tag);
                Assert.True(tags.Add(Convert.ToHexString(tag)));
            }
        }
    }
}
