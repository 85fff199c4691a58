using System.Collections.Immutable;

namespace Mirror.Core.Store;

/// <summary>
/// What image, overlays and journal hold together: shared by the threads of <see cref="ImageStore"/>. From the bottom up: the image, the overlays but the open
/// one, the records of the journal that are not carried yet, the open overlay.
///
/// <para><see cref="Lock"/> guards every field here and the maps of the overlays, and is pulsed at every change that somebody may wait for. It is never held over
/// reading or writing. The slots have their own lock, which is held while one is written, and is taken first.</para>
/// </summary>
internal sealed class StoreContents
{
    private readonly Lock _slots = new();
    private readonly MarkSlots _marks;
    private readonly VolumeFiles _places;
    private Exception? _failure;

    /// <summary>Takes over the files that are open.</summary>
    public StoreContents(IImageFiles files, VolumeFiles places, IImageFile image, MarkSlots marks, long sizeBytes)
    {
        Files = files;
        _places = places;
        Image = image;
        _marks = marks;
        SizeBytes = sizeBytes;
        Committed = marks.State;
        NextOverlay = marks.State.NextOverlay;
        Applied = Released = marks.State.From;
    }

    /// <summary>The lock.</summary>
    public object Lock { get; } = new();

    /// <summary>Who reads what may be given back.</summary>
    public ReaderGate Readers { get; } = new();

    /// <summary>The store's files.</summary>
    public IImageFiles Files { get; }

    /// <summary>The image.</summary>
    public IImageFile Image { get; }

    /// <summary>The tags of the image's chunks.</summary>
    public required TagFile Tags { get; init; }

    /// <summary>The journal; null until the first client becomes Live.</summary>
    public Journal? Journal { get; set; }

    /// <summary>Bytes of the volume.</summary>
    public long SizeBytes { get; }

    /// <summary>The overlays, the oldest first: sealed ones, then at most one whose mark is being committed, then at most the open one.</summary>
    public List<Overlay> Overlays { get; } = [];

    /// <summary>The overlay that takes what arrives; null when none does.</summary>
    public Overlay? Open { get; set; }

    /// <summary>Records that are not carried yet, in order.</summary>
    public Queue<JournalRecord> Records { get; } = new();

    /// <summary>The views that are open.</summary>
    public List<StoreView> Views { get; } = [];

    /// <summary>The state that is on stable storage.</summary>
    public StoreState Committed { get; private set; }

    /// <summary>The number of the next overlay.</summary>
    public ulong NextOverlay { get; set; }

    /// <summary>The journal has been carried up to here.</summary>
    public long Applied { get; set; }

    /// <summary>The journal's space is free up to here.</summary>
    public long Released { get; set; }

    /// <summary>Somebody waits for space in the journal, or for the mover to be done.</summary>
    public bool Hurry { get; set; }

    /// <summary>Why the store has failed; null while it works.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Why nothing is committed any more: a flush has failed, so nothing since the last good one proves anything.</summary>
    public Exception? FlushFailure { get; private set; }

    /// <summary>The files are closed.</summary>
    public bool Closed { get; private set; }

    /// <summary>A write has failed: nothing more is taken.</summary>
    public void Fail(Exception e, bool flush)
    {
        lock (Lock)
        {
            _failure ??= e;
            if (flush) FlushFailure ??= e;
            Monitor.PulseAll(Lock);
        }
    }

    /// <summary>Throws when the store has failed.</summary>
    public void ThrowIfFailed()
    {
        if (Failure is { } e) throw Again(e);
    }

    /// <summary>The exception of a call that comes after the failure.</summary>
    public IOException Again(Exception e)
    {
        string text = $"The store of {Image.Path} has failed before and is not used again until it has been reopened: {e.Message}";
        return e switch
        {
            StoreFullException => new StoreFullException(text, e),
            StoreUnusableException => new StoreUnusableException(text, e),
            _ => new IOException(text, e),
        };
    }

    /// <summary>
    /// Changes the state, durably. <paramref name="change"/> runs under both locks; the overlays of the new state are those that are <see cref="Overlay.Listed"/> after it.
    /// What follows from the new state is done by <paramref name="then"/>, under <see cref="Lock"/>. Once it has failed nobody changes the state again: what
    /// <paramref name="change"/> has said of overlays would get into the slot without the mark that it belongs to.
    /// </summary>
    public StoreState Store(Func<StoreState, StoreState> change, Action then)
    {
        lock (_slots)
        {
            StoreState next;
            lock (Lock)
            {
                if (FlushFailure is { } e) throw Again(e);
                next = change(Committed) with { NextOverlay = NextOverlay };
                ImmutableArray<OverlayEntry> listed = [.. Overlays.Where(o => o.Listed).Select(o => new OverlayEntry(o.Id, o.Sealed || o.Seals))];
                if (listed.Length > StoreState.MostOverlays) throw new IOException($"{Image.Path}: {listed.Length} overlays stand before the image. Close what reads it.");
                next = next with { Overlays = listed };
            }
            try
            {
                _marks.Store(next);
            }
            catch (Exception e)
            {
                Fail(e, flush: true);
                throw;
            }
            lock (Lock)
            {
                Committed = next;
                then();
                Monitor.PulseAll(Lock);
            }
            return next;
        }
    }

    /// <summary>Makes an empty overlay, which nobody sees yet.</summary>
    public Overlay NewOverlay()
    {
        ulong id;
        lock (Lock) id = NextOverlay++;
        return Overlay.Create(Files, _places, id, SizeBytes);
    }

    /// <summary>Closes and removes an overlay that no slot and nobody else knows any more.</summary>
    public void Discard(Overlay overlay)
    {
        overlay.Dispose();
        Files.Delete(_places.OverlayMap(overlay.Id));
        Files.Delete(_places.Overlay(overlay.Id));
    }

    /// <summary>Reads the volume after everything that has arrived.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Is filled.</param>
    /// <param name="recordsBefore">Only the records of the journal before this position.</param>
    public void Read(long offset, Span<byte> destination, long recordsBefore = long.MaxValue)
    {
        long ticket = Readers.Enter();
        try
        {
            // What is known here first and carried down meanwhile is read twice, with the same result; the other way round it would be missed.
            List<StorePiece>? pieces = null;
            lock (Lock)
            {
                foreach (Overlay overlay in Overlays)
                {
                    if (overlay != Open) Find(ref pieces, overlay, offset, destination.Length);
                }
                foreach (JournalRecord record in Records)
                {
                    if (record.Position >= recordsBefore) break;
                    if (record.Touches(offset, destination.Length))
                        (pieces ??= []).Add(new StorePiece(null, record, Math.Max(offset, record.Offset), Math.Min(offset + destination.Length, record.Offset + record.Length)));
                }
                if (Open is not null) Find(ref pieces, Open, offset, destination.Length);
            }
            Image.Read(offset, destination);
            if (pieces is not null) Lay(pieces, offset, destination);
        }
        finally
        {
            Readers.Leave(ticket);
        }
    }

    /// <summary>Reads what the image and some overlays on it hold.</summary>
    public void ReadUnder(IEnumerable<Overlay> overlays, long offset, Span<byte> destination)
    {
        List<StorePiece>? pieces = null;
        lock (Lock)
        {
            foreach (Overlay overlay in overlays) Find(ref pieces, overlay, offset, destination.Length);
        }
        Image.Read(offset, destination);
        if (pieces is not null) Lay(pieces, offset, destination);
    }

    /// <summary>The next stretch that may be other than zero after everything that has arrived.</summary>
    public bool NextData(long from, out long start, out long end)
    {
        (long Start, long End) found = (long.MaxValue, 0);
        lock (Lock)
        {
            foreach (Overlay overlay in Overlays) Nearer(ref found, overlay, from);
            foreach (JournalRecord record in Records)
            {
                if (!record.Zero && record.Offset + record.Length > from && Math.Max(from, record.Offset) < found.Start) found = (Math.Max(from, record.Offset), record.Offset + record.Length);
            }
        }
        return Nearest(found, from, SizeBytes, out start, out end);
    }

    /// <summary>The same of the image and some overlays.</summary>
    public bool NextDataUnder(IEnumerable<Overlay> overlays, long from, long size, out long start, out long end)
    {
        (long Start, long End) found = (long.MaxValue, 0);
        lock (Lock)
        {
            foreach (Overlay overlay in overlays) Nearer(ref found, overlay, from);
        }
        return Nearest(found, from, size, out start, out end);
    }

    /// <summary>Forgets what memory claims of every file.</summary>
    public void DropCaches()
    {
        Image.DropCache();
        Tags.DropCache();
        _marks.DropCache();
        Journal?.DropCache();
        Overlay[] overlays;
        lock (Lock) overlays = [.. Overlays];
        foreach (Overlay overlay in overlays) overlay.DropCache();
    }

    /// <summary>Closes every file.</summary>
    public void Close()
    {
        lock (Lock)
        {
            Closed = true;
            Monitor.PulseAll(Lock);
        }
        Image.Dispose();
        Tags.Dispose();
        _marks.Dispose();
        Journal?.Dispose();
        foreach (Overlay overlay in Overlays) overlay.Dispose();
    }

    private bool Nearest((long Start, long End) found, long from, long size, out long start, out long end)
    {
        start = end = 0;
        if (from >= size) return false;
        if (Image.NextData(from, out long imageStart, out long imageEnd) && imageStart < found.Start) found = (imageStart, imageEnd);
        start = found.Start;
        end = Math.Min(found.End, size);
        return start < size;
    }

    private static void Nearer(ref (long Start, long End) found, Overlay overlay, long from)
    {
        if (from < overlay.VolumeBytes && overlay.NextRun(from, 1L << 30, out long start, out long end) && start < found.Start) found = (start, end);
    }

    private static void Find(ref List<StorePiece>? pieces, Overlay overlay, long offset, int length)
    {
        if (overlay.Count == 0 || offset >= overlay.VolumeBytes) return;
        long end = offset + length;
        for (long at = offset; at < end && at < overlay.VolumeBytes && overlay.NextRun(at, end - at + overlay.GranuleBytes, out long start, out long stop) && start < end; at = stop)
            (pieces ??= []).Add(new StorePiece(overlay, default, start, Math.Min(stop, end)));
    }

    private void Lay(List<StorePiece> pieces, long offset, Span<byte> destination)
    {
        foreach (StorePiece piece in pieces)
        {
            Span<byte> part = destination.Slice((int)(piece.Start - offset), (int)(piece.End - piece.Start));
            if (piece.Overlay is not null) piece.Overlay.Data.Read(piece.Start, part);
            else if (piece.Record.Zero) part.Clear();
            else Journal!.Read(piece.Record.DataPosition + (piece.Start - piece.Record.Offset), part);
        }
    }
}
