namespace Mirror.Dump.Tests.Archive;

/// <summary>Content that is always the same for a seed.</summary>
internal static class Samples
{
    /// <summary>Words of a few letters, out of so many.</summary>
    public static byte[] Text(int length, int words, int seed)
    {
        Random random = new(seed);
        byte[][] known = [.. Enumerable.Range(0, words).Select(_ => Enumerable.Range(0, random.Next(2, 12)).Select(_ => (byte)random.Next('a', 'z')).Append((byte)' ').ToArray())];
        List<byte> text = [];
        while (text.Count < length) text.AddRange(known[random.Next(words)]);
        return [.. text.Take(length)];
    }

    public static byte[] Noise(int length, int seed)
    {
        byte[] noise = new byte[length];
        new Random(seed).NextBytes(noise);
        return noise;
    }

    /// <summary>Stretches of text, noise, one byte, and repetitions of what was there.</summary>
    public static byte[] Mixed(int length, int seed)
    {
        Random random = new(seed);
        List<byte> mixed = [];
        while (mixed.Count < length)
        {
            int part = random.Next(1, 3000);
            switch (random.Next(4))
            {
                case 0: mixed.AddRange(Text(part, 50, random.Next())); break;
                case 1: mixed.AddRange(Noise(part / 4, random.Next())); break;
                case 2: mixed.AddRange(Enumerable.Repeat((byte)random.Next(256), part)); break;
                default: mixed.AddRange(mixed.Skip(random.Next(mixed.Count + 1)).Take(part).ToArray()); break;
            }
        }
        return [.. mixed.Take(length)];
    }

    /// <summary>Bytes each half as frequent as the one before, so that codes get as long as they may.</summary>
    public static byte[] Steep(int length, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (byte)System.Numerics.BitOperations.TrailingZeroCount(random.Next() | (1 << 20)))];
    }
}
