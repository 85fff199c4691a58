using System.Buffers.Binary;

namespace Mirror.Core.Tests.Wire;

/// <summary>Makes hostile bytes out of good ones. The same seed gives the same bytes.</summary>
internal sealed class FrameMutator(int seed)
{
    private static readonly ulong[] Interesting =
    [
        0, 1, 2, 15, 16, 255, 256, 511, 512, 513, 4095, 4096, 4097, 65535, 65536, 65537, 1 << 20, (1 << 20) + 1, (1 << 20) + 512, int.MaxValue, 0x80000000,
        uint.MaxValue, 1UL << 44, (1UL << 44) + 1, (1UL << 53) + 1, 1UL << 55, long.MaxValue, 1UL << 63, 0xffff_ffff_ffff_fe00, ulong.MaxValue,
    ];

    private readonly Random _random = new(seed);

    public Random Random => _random;

    public byte[] Pick(IReadOnlyList<byte[]> corpus) => corpus[_random.Next(corpus.Count)];

    /// <summary>A frame of the corpus, changed in one to three ways.</summary>
    public byte[] Mutate(byte[] good)
    {
        byte[] bytes = [.. good];
        for (int times = _random.Next(1, 4); times > 0 && bytes.Length > 0; times--)
        {
            int at = _random.Next(Math.Min(bytes.Length, 64));     // the heads are where the numbers are
            switch (_random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)_random.Next(256);
                    break;
                case 2:
                case 3:
                    byte[] number = new byte[8];
                    BinaryPrimitives.WriteUInt64LittleEndian(number, Interesting[_random.Next(Interesting.Length)]);
                    int width = Math.Min(1 << _random.Next(4), bytes.Length - at);
                    number.AsSpan(0, width).CopyTo(bytes.AsSpan(at));
                    break;
                case 4:
                    bytes = bytes[..at];
                    break;
                case 5:
                    bytes = [.. bytes[..at], (byte)_random.Next(256), .. bytes[at..]];
                    break;
                case 6:
                    bytes = [.. bytes[..at], .. bytes[(at + 1)..]];
                    break;
                default:
                    bytes = [.. bytes, .. bytes[at..]];
                    break;
            }
        }
        return bytes;
    }

    /// <summary>Random bytes, mostly with a known type in front.</summary>
    public byte[] Noise(IReadOnlyList<byte[]> corpus)
    {
        byte[] bytes = new byte[_random.Next(1, 120)];
        _random.NextBytes(bytes);
        if (_random.Next(4) != 0) bytes[0] = Pick(corpus)[0];
        return bytes;
    }
}
