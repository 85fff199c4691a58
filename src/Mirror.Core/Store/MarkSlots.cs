using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Mirror.Core.Store;

/// <summary>
/// The file <c>marks</c>: the state of the store with its last committed mark, in two slots that are written in turn, so that a write that is torn by a
/// power cut leaves the one before. A mark a second does not rewrite volume.json. Only one thread may store at a time.
///
/// <para>A slot, at byte 0 and at byte 4096, little-endian: magic <c>DMMK</c> u32, version u32, sequence u64; the last mark, then the last consistent one, each:
/// n u64, random u64, flags u32 (bit 0 consistent), zero u32, time u64, scan position u64, incarnation 16 bytes; flags u32 (bit 0 kept), overlays u32,
/// bytes of the volume at the consistent mark u64, run u64, from u64, consistent end u64, end u64, next overlay u64; 16 times, unused ones zero: overlay's number u64, flags u64
/// (bit 0 sealed); SHA-256 of all before 32 bytes. Sequence k is in slot k mod 2; the valid slot with the higher sequence counts.</para>
/// </summary>
internal sealed class MarkSlots : IDisposable
{
    /// <summary>Bytes of the file.</summary>
    public const int FileBytes = 2 * SlotStride;

    private const int SlotStride = 4096;    // two slots never share a physical sector
    private const int MarkBytes = 8 + 8 + 4 + 4 + 8 + 8 + 16;
    private const int BodyBytes = 4 + 4 + 8 + (2 * MarkBytes) + 4 + 4 + (6 * 8) + (StoreState.MostOverlays * 16);
    private const int SlotBytes = BodyBytes + 32;
    private const uint Magic = 0x4B4D4D44;  // "DMMK"
    private const uint Version = 2;

    private readonly IImageFile _file;
    private readonly byte[] _slot = new byte[SlotBytes];
    private ulong _sequence;

    private MarkSlots(IImageFile file) => _file = file;

    /// <summary>The state that is on stable storage.</summary>
    public StoreState State { get; private set; } = StoreState.Nothing;

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

    /// <summary>Writes the state into the older slot and returns when it is on stable storage.</summary>
    public void Store(StoreState state)
    {
        ulong sequence = _sequence + 1;
        Encode(_slot, sequence, state);
        _file.Write((long)(sequence & 1) * SlotStride, _slot);
        _file.Flush();
        _sequence = sequence;
        State = state;
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
            if (TryDecode(_slot, out ulong sequence, out StoreState? state) && (sequence & 1) == (ulong)i)
            {
                if (sequence <= _sequence) continue;
                _sequence = sequence;
                State = state;
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

    private static void Encode(Span<byte> slot, ulong sequence, StoreState state)
    {
        int at = 0;
        slot.Clear();
        PutU32(slot, ref at, Magic);
        PutU32(slot, ref at, Version);
        PutU64(slot, ref at, sequence);
        PutMark(slot, ref at, state.Mark);
        PutMark(slot, ref at, state.Consistent);
        PutU32(slot, ref at, state.Kept ? 1u : 0u);
        PutU32(slot, ref at, (uint)state.Overlays.Length);
        PutU64(slot, ref at, (ulong)state.ConsistentBytes);
        PutU64(slot, ref at, state.Run);
        PutU64(slot, ref at, (ulong)state.From);
        PutU64(slot, ref at, (ulong)state.ConsistentEnd);
        PutU64(slot, ref at, (ulong)state.End);
        PutU64(slot, ref at, state.NextOverlay);
        foreach (OverlayEntry overlay in state.Overlays)
        {
            PutU64(slot, ref at, overlay.Id);
            PutU64(slot, ref at, overlay.Sealed ? 1u : 0u);
        }
        SHA256.HashData(slot[..BodyBytes], slot[BodyBytes..]);
    }

    private static bool TryDecode(ReadOnlySpan<byte> slot, out ulong sequence, [NotNullWhen(true)] out StoreState? state)
    {
        sequence = 0;
        state = null;
        Span<byte> sum = stackalloc byte[32];
        SHA256.HashData(slot[..BodyBytes], sum);
        if (!sum.SequenceEqual(slot[BodyBytes..])) return false;
        int at = 0;
        if (U32(slot, ref at) != Magic || U32(slot, ref at) != Version) return false;
        sequence = U64(slot, ref at);
        ImageMark mark = Mark(slot, ref at), consistent = Mark(slot, ref at);
        bool kept = (U32(slot, ref at) & 1) != 0;
        uint count = U32(slot, ref at);
        if (count > StoreState.MostOverlays) return false;
        long bytes = (long)U64(slot, ref at);
        ulong run = U64(slot, ref at);
        long from = (long)U64(slot, ref at), consistentEnd = (long)U64(slot, ref at), end = (long)U64(slot, ref at);
        ulong next = U64(slot, ref at);
        var overlays = new OverlayEntry[count];
        for (int i = 0; i < count; i++) overlays[i] = new OverlayEntry(U64(slot, ref at), (U64(slot, ref at) & 1) != 0);
        if (from < 0 || from > consistentEnd || consistentEnd > end || bytes < 0) return false;
        state = new StoreState
        {
            Mark = mark,
            Consistent = consistent,
            ConsistentBytes = bytes,
            Kept = kept,
            Run = run,
            From = from,
            ConsistentEnd = consistentEnd,
            End = end,
            NextOverlay = next,
            Overlays = ImmutableCollectionsMarshal.AsImmutableArray(overlays),
        };
        return sequence != 0;
    }

    private static void PutMark(Span<byte> slot, ref int at, in ImageMark mark)
    {
        PutU64(slot, ref at, mark.N);
        PutU64(slot, ref at, mark.Random);
        PutU32(slot, ref at, mark.Consistent ? 1u : 0u);
        PutU32(slot, ref at, 0);
        PutU64(slot, ref at, mark.Time);
        PutU64(slot, ref at, mark.ScanPosition);
        mark.Incarnation.TryWriteBytes(slot[at..]);
        at += 16;
    }

    private static ImageMark Mark(ReadOnlySpan<byte> slot, ref int at)
    {
        ulong n = U64(slot, ref at);
        ulong random = U64(slot, ref at);
        uint flags = U32(slot, ref at);
        _ = U32(slot, ref at);
        ulong time = U64(slot, ref at);
        ulong position = U64(slot, ref at);
        var incarnation = new Guid(slot.Slice(at, 16));
        at += 16;
        return new ImageMark(n, random, (flags & 1) != 0, position, time, incarnation);
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
