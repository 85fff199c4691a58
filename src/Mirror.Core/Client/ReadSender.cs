using Mirror.Core.Blocks;
using Mirror.Core.Wire;

namespace Mirror.Core.Client;

/// <summary>Puts the data of disk reads into the outgoing stream: zeroes as ranges, stale units not at all.</summary>
internal sealed class ReadSender(Outbox outbox, Action<DiskRead> recycle)
{
    private static readonly ulong[] Everything = [ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue];

    /// <summary>Sends all of a read that is not stale, and takes the read over: it is recycled when its bytes have left.</summary>
    public void SendAll(DiskRead read) => Send(read, Everything);

    /// <summary>Sends the 4 KiB units of a read whose bits are set in <paramref name="wanted"/> and that are not stale, and takes the read over.</summary>
    public void Send(DiskRead read, ReadOnlySpan<ulong> wanted)
    {
        int units = read.UnitCount;
        int first = 0;
        Kind kind = KindOf(read, wanted, 0);
        bool whole = false;
        for (int unit = 1; unit <= units; unit++)
        {
            Kind next = unit < units ? KindOf(read, wanted, unit) : Kind.End;
            if (next == kind) continue;
            whole = Append(read, kind, first, unit);
            first = unit;
            kind = next;
        }
        if (!whole) recycle(read);
    }

    private bool Append(DiskRead read, Kind kind, int first, int end)
    {
        int from = first * Units.FineBytes;
        int length = Math.Min(end * Units.FineBytes, read.Length) - from;
        long sector = (read.Offset + from) >> Units.SectorShift;
        switch (kind)
        {
            case Kind.Zero:
                outbox.AppendZero(sector, length >> Units.SectorShift);
                return false;
            case Kind.Data when length == read.Length && length >= 64 << 10:
                outbox.AppendRead(read, () => recycle(read));
                return true;
            case Kind.Data:
                outbox.AppendWrite(sector, read.Data.Span.Slice(from, length), default);
                return false;
            default:
                return false;
        }
    }

    private static Kind KindOf(DiskRead read, ReadOnlySpan<ulong> wanted, int unit)
    {
        if ((wanted[unit >> 6] >> (unit & 63) & 1) == 0 || (read.AnyTouched && read.IsTouched(unit))) return Kind.None;
        int from = unit * Units.FineBytes;
        return UnitHasher.IsZero(read.Data.Span.Slice(from, Math.Min(Units.FineBytes, read.Length - from))) ? Kind.Zero : Kind.Data;
    }

    private enum Kind
    {
        None,
        Zero,
        Data,
        End,
    }
}
