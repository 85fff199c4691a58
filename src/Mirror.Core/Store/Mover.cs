using System.Buffers;

namespace Mirror.Core.Store;

/// <summary>
/// The thread that carries what is committed at a consistent mark to its place: the journal's records up to the mark, in order, then the sealed overlays, from the
/// oldest on. The place is the image, or, while views hold the image still, a sealed overlay above what they show. The only one that writes image and sealed overlays
/// (docs/consistency.md, 10.4 to 10.7).
/// </summary>
internal sealed class Mover
{
    /// <summary>The most views that may be open at once: each can cost an overlay.</summary>
    public const int MostViews = 6;

    private const int PieceBytes = 1 << 20;
    private static readonly ArrayPool<byte> Pieces = ArrayPool<byte>.Create(PieceBytes, 8);     // the shared one keeps an array for each thread, and each volume has one
    private const long RunBytes = 8L << 20, ZeroRunBytes = 1L << 30, FlushBytes = 128L << 20;
    private const int IdleMilliseconds = 1000;

    private readonly StoreContents _contents;
    private readonly Thread _thread;
    private readonly List<ViewRequest> _requests = [];  // guarded by the store's lock
    private bool _stop;                                 // guarded by the store's lock
    private bool _imageWritten;
    private long _moved;            // bytes since the last checkpoint
    private long _movedSince;       // when the first of them came
    private Overlay? _target;       // where the step under way writes; null for the image

    /// <summary>Starts the thread.</summary>
    public Mover(StoreContents contents, string name)
    {
        _contents = contents;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    private enum Step
    {
        Carry,
        Merge,
        MakeTarget,
        Grant,
        Checkpoint,
        End,
    }

    /// <summary>The last consistent mark that the image was brought to. Under the store's lock.</summary>
    public ulong ImageMark { get; private set; }

    /// <summary>Whether the image alone is the last consistent mark. Under the store's lock.</summary>
    public bool IsSettled => _contents.Applied >= _contents.Committed.ConsistentEnd && !_contents.Overlays.Exists(o => o.Sealed && o.Count > 0);

    /// <summary>Waits for a view; see <see cref="IImageStore.OpenConsistent"/>.</summary>
    public StoreView? Open(bool settled, CancellationToken cancellation)
    {
        using CancellationTokenRegistration wake = cancellation.UnsafeRegister(_ =>
        {
            lock (_contents.Lock) Monitor.PulseAll(_contents.Lock);
        }, null);
        var request = new ViewRequest(settled);
        lock (_contents.Lock)
        {
            if (!_contents.Committed.Kept) return null;
            if (_contents.Views.Count + _requests.Count >= MostViews)
                throw new IOException($"{_contents.Image.Path}: {MostViews} readers have its consistent state open already. Try again when one has ended.");
            _requests.Add(request);
            Monitor.PulseAll(_contents.Lock);
            try
            {
                while (request.View is null)
                {
                    _contents.ThrowIfFailed();
                    if (_stop) throw new IOException($"{_contents.Image.Path} is being closed.");
                    cancellation.ThrowIfCancellationRequested();
                    Monitor.Wait(_contents.Lock);
                }
                return request.View;
            }
            finally
            {
                _requests.Remove(request);
            }
        }
    }

    /// <summary>Carries the journal to its end, puts everything on stable storage, and ends the thread; at once after a failure.</summary>
    public void Stop()
    {
        lock (_contents.Lock)
        {
            _stop = true;
            Monitor.PulseAll(_contents.Lock);
        }
        _thread.Join();
    }

    private void Run()
    {
        try
        {
            while (true)
            {
                switch (Next())
                {
                    case Step.Carry:
                        Carry();
                        break;
                    case Step.Merge:
                        Merge();
                        break;
                    case Step.MakeTarget:
                        MakeTarget();
                        break;
                    case Step.Grant:
                        Grant();
                        break;
                    case Step.Checkpoint:
                        Checkpoint();
                        break;
                    default:
                        return;
                }
            }
        }
        catch (Exception e)
        {
            _contents.Fail(e, flush: true);
        }
    }

    private Step Next()
    {
        lock (_contents.Lock)
        {
            while (true)
            {
                if (_contents.Failure is not null) return Step.End;
                if (IsSettled) ImageMark = _contents.Committed.Consistent.N;
                bool held = _contents.Views.Count > 0;
                _target = held ? Target() : null;
                bool free = !held || _target is not null;
                bool pending = _contents.Applied < _contents.Committed.ConsistentEnd;
                long applied = _contents.Applied - _contents.Released;
                bool unflushed = _moved > 0 || applied > 0;
                if (unflushed && (_moved >= FlushBytes || (_contents.Journal is { } j && applied >= j.Capacity / 4))) return Step.Checkpoint;
                if (pending && free) return Step.Carry;
                if (pending && !_stop && (_contents.Hurry || _requests.Exists(r => r.View is null) || _contents.Journal!.End - _contents.Released > _contents.Journal.Capacity / 2)) return Step.MakeTarget;
                if (!pending && Grantable() is not null) return Step.Grant;
                if (free && !_stop && Source() is not null) return Step.Merge;
                if (unflushed)
                {
                    long left = IdleMilliseconds - (Environment.TickCount64 - _movedSince);
                    if (_stop || _contents.Hurry || left <= 0) return Step.Checkpoint;
                    Monitor.Wait(_contents.Lock, (int)left);
                    continue;
                }
                if (_stop) return Step.End;
                Monitor.Wait(_contents.Lock);
            }
        }
    }

    // ---- under the store's lock

    /// <summary>The first sealed overlay above what the views show.</summary>
    private Overlay? Target()
    {
        int shown = 0;
        foreach (StoreView view in _contents.Views)
        {
            foreach (Overlay overlay in view.Overlays) shown = Math.Max(shown, _contents.Overlays.IndexOf(overlay) + 1);
        }
        return shown < _contents.Overlays.Count && _contents.Overlays[shown].Sealed ? _contents.Overlays[shown] : null;
    }

    /// <summary>The sealed overlays above the place that is carried to.</summary>
    private List<Overlay> Above()
    {
        int from = _target is null ? 0 : _contents.Overlays.IndexOf(_target) + 1;
        return _contents.Overlays.FindAll(o => o.Sealed && _contents.Overlays.IndexOf(o) >= from);
    }

    private Overlay? Source() => Above().Find(o => o.Count > 0);

    private ViewRequest? Grantable() => _requests.Find(r => r.View is null && (!r.Settled || !_contents.Overlays.Exists(o => o.Sealed && o.Count > 0)));

    private void Grant()
    {
        lock (_contents.Lock)
        {
            if (Grantable() is not { } request || _contents.Applied < _contents.Committed.ConsistentEnd) return;
            StoreState state = _contents.Committed;
            request.View = new StoreView(_contents, [.. _contents.Overlays.Where(o => o.Sealed && o.Count > 0)], state.Consistent, state.ConsistentBytes);
            _contents.Views.Add(request.View);
            Monitor.PulseAll(_contents.Lock);
        }
    }

    // ---- carrying

    private void Carry()
    {
        byte[] buffer = Pieces.Rent(PieceBytes);
        for (long bytes = 0; bytes < RunBytes;)
        {
            JournalRecord record;
            List<Overlay> above;
            lock (_contents.Lock)
            {
                long end = _contents.Committed.ConsistentEnd;
                if (!_contents.Records.TryPeek(out record) || record.Position >= end)
                {
                    _contents.Applied = Math.Max(_contents.Applied, end);
                    Monitor.PulseAll(_contents.Lock);
                    break;
                }
                above = Above();
                above.RemoveAll(o => !o.Touches(record.Offset, record.Length));
            }
            Settle(record.Offset, record.Length, above);
            if (record.Zero)
            {
                Zero(record.Offset, record.Length);
            }
            else
            {
                Span<byte> data = buffer.AsSpan(0, (int)record.Length);
                _contents.Journal!.Read(record.DataPosition, data);
                Write(record.Offset, data);
            }
            lock (_contents.Lock)
            {
                foreach (Overlay overlay in above) Remove(overlay, record.Offset, record.Length);
                _contents.Records.Dequeue();
                _contents.Applied = record.End;
                if (_contents.Hurry) Monitor.PulseAll(_contents.Lock);
            }
            bytes += record.Zero ? Journal.HeaderBytes : record.Length;
        }
        Pieces.Return(buffer);
    }

    /// <summary>Brings granules that a record covers in part, and that overlays above still hold, to their place before the record goes over them.</summary>
    private void Settle(long offset, long length, List<Overlay> above)
    {
        for (int i = 0; i < above.Count; i++)
        {
            Overlay overlay = above[i];
            int granule = overlay.GranuleBytes;
            long end = offset + length, last = (end - 1) / granule;
            if (offset % granule != 0) Bring(above, i, offset / granule);
            if (end % granule != 0 && end != overlay.VolumeBytes) Bring(above, i, last);
        }
    }

    private void Bring(List<Overlay> above, int index, long granule)
    {
        Overlay overlay = above[index];
        long start = granule * overlay.GranuleBytes;
        int length = (int)Math.Min(overlay.GranuleBytes, overlay.VolumeBytes - start);
        lock (_contents.Lock)
        {
            if (!overlay.Holds(granule)) return;
        }
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        overlay.Data.Read(start, bytes.AsSpan(0, length));
        Write(start, bytes.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(bytes);
        lock (_contents.Lock)
        {
            // Older ones are covered by it.
            for (int i = 0; i <= index; i++) Remove(above[i], start, length);
        }
    }

    private static void Remove(Overlay overlay, long offset, long length)
    {
        if (overlay.Touches(offset, length)) overlay.Remove(offset / overlay.GranuleBytes, (offset + length - 1) / overlay.GranuleBytes - offset / overlay.GranuleBytes + 1);
    }

    private void Merge()
    {
        Overlay source;
        long start, end;
        lock (_contents.Lock)
        {
            if (Source() is not { } found || !found.NextRun(0, RunBytes, out start, out end)) return;
            source = found;
        }
        if (!source.Data.NextData(start, out long data, out long stop)) data = stop = long.MaxValue;
        if (data >= end)
        {
            // Zeroes: as far as they go at once.
            lock (_contents.Lock) source.NextRun(start, ZeroRunBytes, out start, out end);
            end = Math.Min(end, data);
            Zero(start, end - start);
        }
        else if (data > start)
        {
            end = data / source.GranuleBytes * source.GranuleBytes;
            if (end > start) Zero(start, end - start);
            else Copy(source, start, end = Math.Min(start + source.GranuleBytes, source.VolumeBytes));
        }
        else
        {
            end = Math.Min(end, Math.Max((stop + source.GranuleBytes - 1) / source.GranuleBytes * source.GranuleBytes, start + source.GranuleBytes));
            end = Math.Min(end, source.VolumeBytes);
            Copy(source, start, end);
        }
        lock (_contents.Lock) Remove(source, start, end - start);
    }

    private void Copy(Overlay source, long start, long end)
    {
        byte[] buffer = Pieces.Rent(PieceBytes);
        for (long at = start; at < end;)
        {
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(PieceBytes, end - at));
            source.Data.Read(at, piece);
            Write(at, piece);
            at += piece.Length;
        }
        Pieces.Return(buffer);
    }

    private void Write(long offset, ReadOnlySpan<byte> data)
    {
        Moved(offset, data.Length, data.Length);
        if (_target is null) SparseWriter.Write(_contents.Image, offset, data);
        else new OverlayWriter(_target, _contents.Lock, Below).Write(offset, data);
    }

    private void Zero(long offset, long length)
    {
        Moved(offset, length, 4096);
        if (_target is null) _contents.Image.Zero(offset, length);
        else new OverlayWriter(_target, _contents.Lock, Below).Zero(offset, length);
    }

    /// <summary>Something is about to be written.</summary>
    private void Moved(long offset, long length, long bytes)
    {
        if (_moved == 0) _movedSince = Environment.TickCount64;
        _moved += bytes;
        if (_target is not null)
        {
            _target.Written = true;
            return;
        }
        _imageWritten = true;
        _contents.Tags.Writing(offset, length);
    }

    private void Below(long offset, Span<byte> destination)
    {
        Overlay[] under;
        lock (_contents.Lock) under = [.. _contents.Overlays.TakeWhile(o => o != _target)];
        _contents.ReadUnder(under, offset, destination);
    }

    // ---- the overlay that takes the image's place while it is held still

    private void MakeTarget()
    {
        Overlay overlay = _contents.NewOverlay();
        overlay.Sealed = true;
        lock (_contents.Lock)
        {
            int at = _contents.Overlays.FindIndex(o => !o.Sealed);
            _contents.Overlays.Insert(at < 0 ? _contents.Overlays.Count : at, overlay);
        }
    }

    // ---- putting it on stable storage

    private void Checkpoint()
    {
        long applied;
        List<(Overlay Overlay, List<OverlayPage> Pages)> maps = [];
        lock (_contents.Lock)
        {
            _contents.Hurry = false;
            applied = _contents.Applied;
            foreach (Overlay overlay in _contents.Overlays)
            {
                if (overlay.Sealed && overlay.IsChanged) maps.Add((overlay, overlay.TakeChanges()));
            }
        }
        // First the data; then the bits that say where it is now, and the slot that counts them; only then the bits that say where it no longer is.
        if (_imageWritten)
        {
            _contents.Image.Flush();
            _contents.Tags.Flushed();
        }
        _imageWritten = false;
        FlushOverlays();
        foreach ((Overlay overlay, List<OverlayPage> pages) in maps)
        {
            overlay.Store(pages);   // the one that is carried to lies below, and so comes first
            if (!overlay.Listed) _contents.Store(state => Listing(overlay, state), () => { });
        }
        List<Overlay> empty = [];
        long released = 0;
        _contents.Store(state =>
        {
            foreach (Overlay overlay in _contents.Overlays.FindAll(o => o.Sealed))
            {
                overlay.Listed = overlay.Count > 0;
                if (!overlay.Listed) empty.Add(overlay);
            }
            released = Math.Max(state.From, applied);
            return state with { From = released };
        }, () => _contents.Overlays.RemoveAll(empty.Contains));
        _moved = 0;
        // Readers from before may still be in what is given back now.
        _contents.Readers.WaitForThoseInside();
        lock (_contents.Lock)
        {
            _contents.Released = Math.Max(_contents.Released, released);
            Monitor.PulseAll(_contents.Lock);
        }
        foreach (Overlay overlay in empty) _contents.Discard(overlay);
        GiveBack();
    }

    private static StoreState Listing(Overlay overlay, StoreState state)
    {
        overlay.Listed = true;
        return state;
    }

    private void FlushOverlays()
    {
        Overlay[] written;
        lock (_contents.Lock) written = [.. _contents.Overlays.Where(o => o.Written)];
        foreach (Overlay overlay in written)
        {
            overlay.Data.Flush();
            overlay.Written = false;
        }
    }

    /// <summary>Punches what has been taken out of a large overlay, so that carrying it needs no room of its size twice.</summary>
    private void GiveBack()
    {
        Overlay source;
        long before;
        lock (_contents.Lock)
        {
            bool held = _contents.Views.Count > 0;
            _target = held ? Target() : null;
            if ((held && _target is null) || Source() is not { } found || found.IsChanged || !found.NextRun(0, RunBytes, out before, out _)) return;
            source = found;
        }
        if (before - source.GivenBack < FlushBytes) return;
        source.Data.Zero(source.GivenBack, before - source.GivenBack);
        source.GivenBack = before;
    }
}
