using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using Mirror.Dump.Archive.Deflate;
using Mirror.Dump.Archive.Format;
using Mirror.Dump.Encryption;

namespace Mirror.Dump.Archive.Writing;

/// <summary>Compresses and seals the blocks of a unit. Safe for several threads.</summary>
/// <param name="blockBytes">Bytes of a tape block.</param>
/// <param name="level">Of zlib, 1 to 9; 0 for none. The first two are <see cref="FastDeflate"/>'s, the others zlib's own.</param>
/// <param name="seal">Encryption, or null.</param>
internal sealed class TapePacker(int blockBytes, int level, ArchiveSeal? seal)
{
    private const int LastFastLevel = 2;

    private readonly ConcurrentBag<FastDeflate> _idle = [];

    /// <summary>Whether blocks are written as they are.</summary>
    public bool IsIdentity => level == 0 && seal is null;

    /// <summary>Most bytes that a block takes.</summary>
    public int MostBytes => blockBytes + (level == 0 ? 0 : DumpFormat.PrefixBytes) + (seal is null ? 0 : SealFormat.OverheadBytes);

    /// <summary>Packs a unit; <see cref="TapeUnit.Packed"/> has it afterwards.</summary>
    public void Pack(TapeUnit unit)
    {
        int count = unit.Length / blockBytes;
        if (IsIdentity)
        {
            for (int i = 0; i < count; i++) unit.BlockStarts.Add(i * blockBytes);
            return;
        }
        if (unit.Packed.Length < count * MostBytes) unit.Packed = GC.AllocateUninitializedArray<byte>(unit.Blocks * MostBytes);
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            unit.BlockStarts.Add(at);
            at += seal is null ? Compress(unit, i, at) : Seal(seal, unit, i, at);
        }
        unit.PackedLength = at;
    }

    private int Seal(ArchiveSeal seal, TapeUnit unit, int block, int at)
    {
        ReadOnlySpan<byte> plain = level == 0
            ? unit.Buffer.AsSpan(block * blockBytes, blockBytes)
            : unit.Packed.AsSpan(at + SealFormat.HeadBytes, Compress(unit, block, at + SealFormat.HeadBytes));
        // The end of each volume before has a number too.
        BlockHead head = new(unit.FirstBlock + block + unit.Volume - 1, plain.Length, Flags: 0);
        seal.SealBlock(head, plain, unit.Packed.AsSpan(at));
        return head.SealedBytes;
    }

    private int Compress(TapeUnit unit, int block, int at) => Compress(unit.Buffer, block * blockBytes, plain: block == 0 && unit.BeginsVolume, unit.Packed, at);

    private int Compress(byte[] from, int offset, bool plain, byte[] to, int at)
    {
        if (plain)
        {
            from.AsSpan(offset, blockBytes).CopyTo(to.AsSpan(at));
            return blockBytes;
        }
        // What does not shrink by 16 bytes is stored, as stock dump does it; what looks like noise is not even tried.
        int most = blockBytes - 16;
        int bytes = 0;
        if (!LooksLikeNoise(from.AsSpan(offset, blockBytes)))
        {
            bytes = level <= LastFastLevel
                ? Fast(from.AsSpan(offset, blockBytes), to.AsSpan(at + DumpFormat.PrefixBytes, blockBytes))
                : Zlib(from.AsSpan(offset, blockBytes), to, at + DumpFormat.PrefixBytes);
        }
        bool smaller = bytes > 0 && bytes <= most;
        if (!smaller)
        {
            from.AsSpan(offset, blockBytes).CopyTo(to.AsSpan(at + DumpFormat.PrefixBytes));
            bytes = blockBytes;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(to.AsSpan(at), ((uint)bytes << 4) | (smaller ? 1u : 0u));
        return bytes + DumpFormat.PrefixBytes;
    }

    private int Fast(ReadOnlySpan<byte> block, Span<byte> to)
    {
        if (!_idle.TryTake(out FastDeflate? deflate)) deflate = new FastDeflate();
        int bytes = deflate.Compress(block, to);
        _idle.Add(deflate);
        return bytes;
    }

    private int Zlib(ReadOnlySpan<byte> block, byte[] to, int at)
    {
        using MemoryStream output = new(to, at, blockBytes);
        try
        {
            using (ZLibStream zlib = new(output, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true)) zlib.Write(block);
            return (int)output.Position;
        }
        catch (NotSupportedException)
        {
            // It grew beyond the place.
            return 0;
        }
    }

    /// <summary>
    /// Whether each 4 KiB of a block has its bytes spread as evenly as noise, encrypted or compressed data have them: then zlib would work for nothing (a third of the time of a
    /// usual disk). Noise gives a sum of squares of 1.06 times that of even counts, give or take 0.006; text gives 4 and more.
    /// </summary>
    private static bool LooksLikeNoise(ReadOnlySpan<byte> block)
    {
        const int chunk = 4096;
        const long limit = (long)(1.1 * chunk * chunk / 256);
        if (block.Length < chunk) return false;
        Span<int> counts = stackalloc int[256];
        for (int at = 0; at + chunk <= block.Length; at += chunk)
        {
            counts.Clear();
            foreach (byte b in block.Slice(at, chunk)) counts[b]++;
            long squares = 0;
            foreach (int count in counts) squares += (long)count * count;
            if (squares > limit) return false;
        }
        return true;
    }
}
