using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mirror.Core.Store;

/// <summary>
/// The file <c>marks</c>: the last committed mark in two slots that are written in turn, so that a write that is torn by a power
/// cut leaves the one before. A mark a second does not rewrite volume.json.
///
/// <para>A slot, at byte 0 and at byte 4096, little-endian: magic <c>DMMK</c> u32, version u32, sequence u64, n u64, random u64, flags u32
/// (bit 0 consistent), zero u32, time u64, scan position u64, incarnation 16 bytes, time of the last consistent mark u64, SHA-256 of all
/// before 32 bytes. Sequence k is in slot k mod 2; the valid slot with the higher sequence counts.</para>
/// </summary>
internal sealed class MarkSlots : IDisposable
{
    /// <summary>Bytes of the file.</summary>
    public const int FileBytes = 2 * SlotStride;

    private const int SlotStride = 4096;    // two slots never share a physical sector
    private const int BodyBytes = 4 + 4 + 8 + 8 + 8 + 4 + 4 + 8 + 8 + 16 + 8;
    private const int SlotBytes = BodyBytes + 32;
    private const uint Magic = 0x4B4D4D44;  // "DMMK"
    private const uint Version = 1;

    private readonly IImageFile _file;
    private readonly byte[] _slot = new byte[SlotBytes];
    private ulong _sequence;

    private MarkSlots(IImageFile file) => _file = file;

    /// <summary>The last mark that is on stable storage.</summary>
    public ImageMark Last { get; private set; }

    /// <summary>The time of the last consistent mark on stable storage; 0 when there was none.</summary>
    public ulong ConsistentTime { get; private set; }

    /// <summary>Makes the file for a new volume.</summary>
    public static void Create(IImageFiles files, string path)
    {
        using IImageFile file = files.Open(path, ImageOpenMode.NewForced);
        file.SetSize(FileBytes);
        file.Write(0, new byte[FileBytes]);
        file.Flush();
    }

    /// <summary>Opens the file and finds the last mark.</summary>
    /// <exception cref="StoreUnusableException">The file is missing or neither slot can be read.</exception>
    public static MarkSlots Open(IImageFiles files, string path)
    {
        IImageFile file = files.Open(path, ImageOpenMode.Existing);
        try
        {
            var slots = new MarkSlots(file);
            slots.Load();
            return slots;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes the mark into the older slot and returns when it is on stable storage.</summary>
    public void Store(in ImageMark mark)
    {
        ulong sequence = _sequence + 1;
        ulong consistentTime = mark.Consistent ? mark.Time : ConsistentTime;
        Encode(_slot, sequence, mark, consistentTime);
        _file.Write((long)(sequence & 1) * SlotStride, _slot);
        _file.Flush();
        _sequence = sequence;
        Last = mark;
        ConsistentTime = consistentTime;
    }

    /// <summary>Throws away what the page cache claims.</summary>
    public void DropCache() => _file.DropCache();

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Load()
    {
        if (_file.SizeBytes != FileBytes) throw Damaged($"it is {_file.SizeBytes} bytes long, not {FileBytes}");
        int unreadable = 0;
        for (int i = 0; i < 2; i++)
        {
            _file.Read((long)i * SlotStride, _slot);
            if (ZeroScan.IsZero(_slot)) continue;
            if (TryDecode(_slot, out ulong sequence, out ImageMark mark, out ulong consistentTime) && (sequence & 1) == (ulong)i)
            {
                if (sequence <= _sequence) continue;
                _sequence = sequence;
                Last = mark;
                ConsistentTime = consistentTime;
            }
            else
            {
                unreadable++;
            }
        }
        // One torn slot is what a power cut leaves: the other one counts, or there never was a mark. Two are damage.
        if (unreadable == 2) throw Damaged("neither of its two slots can be read");
    }

    private StoreUnusableException Damaged(string what) => new(
        $"The file of marks {_file.Path} is damaged: {what}. It is left as it is; put it back from a backup, or move the volume's directory away so that the volume begins anew.");

    private static void Encode(Span<byte> slot, ulong sequence, in ImageMark mark, ulong consistentTime)
    {
        int at = 0;
        PutU32(slot, ref at, Magic);
        PutU32(slot, ref at, Version);
        PutU64(slot, ref at, sequence);
        PutU64(slot, ref at, mark.N);
        PutU64(slot, ref at, mark.Random);
        PutU32(slot, ref at, mark.Consistent ? 1u : 0u);
        PutU32(slot, ref at, 0);
        PutU64(slot, ref at, mark.Time);
        PutU64(slot, ref at, mark.ScanPosition);
        mark.Incarnation.TryWriteBytes(slot[at..]);
        at += 16;
        PutU64(slot, ref at, consistentTime);
        SHA256.HashData(slot[..at], slot[at..]);
    }

    private static bool TryDecode(ReadOnlySpan<byte> slot, out ulong sequence, out ImageMark mark, out ulong consistentTime)
    {
        sequence = consistentTime = 0;
        mark = default;
        Span<byte> sum = stackalloc byte[32];
        SHA256.HashData(slot[..BodyBytes], sum);
        if (!sum.SequenceEqual(slot[BodyBytes..])) return false;
        int at = 0;
        if (U32(slot, ref at) != Magic || U32(slot, ref at) != Version) return false;
        sequence = U64(slot, ref at);
        ulong n = U64(slot, ref at);
        ulong random = U64(slot, ref at);
        uint flags = U32(slot, ref at);
        _ = U32(slot, ref at);
        ulong time = U64(slot, ref at);
        ulong position = U64(slot, ref at);
        var incarnation = new Guid(slot.Slice(at, 16));
        at += 16;
        consistentTime = U64(slot, ref at);
        mark = new ImageMark(n, random, (flags & 1) != 0, position, time, incarnation);
        return sequence != 0;
    }

    private static void PutU32(Span<byte> to, ref int at, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to[at..], value);
        at += 4;
    }

    private static void PutU64(Span<byte> to, ref int at, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to[at..], value);
        at += 8;
    }

    private static uint U32(ReadOnlySpan<byte> from, ref int at)
    {
        at += 4;
        return BinaryPrimitives.ReadUInt32LittleEndian(from[(at - 4)..]);
    }

    private static ulong U64(ReadOnlySpan<byte> from, ref int at)
    {
        at += 8;
        return BinaryPrimitives.ReadUInt64LittleEndian(from[(at - 8)..]);
    }
}
