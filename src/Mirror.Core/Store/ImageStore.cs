using System.Security.Cryptography;

namespace Mirror.Core.Store;

/// <summary>
/// Keeps a volume so that its image moves only from consistent mark to consistent mark, once there has been a first one. The invariants and
/// their arguments are docs/consistency.md, section 10.
/// <code>
///                                  before the first consistent mark
///   arrivals (apply thread) ---------------------------------------------------------------> image
///        |            '-- Live, nothing kept aside --> journal --.
///        '-- else --> open overlay -- a consistent mark seals --> Mover (own thread) ------> image
///   Commit (commit thread): fdatasync of journal or open overlay, then the slot
/// </code>
/// Who writes what: the apply thread the journal, the open overlay, and the image until there has been a consistent mark; the mover the image and the sealed
/// overlays; both the commit thread and the mover the slots, one at a time.
/// </summary>
internal sealed class ImageStore : IImageStore
{
    private readonly StoreContents _contents;
    private readonly VolumeFiles _places;
    private readonly StoreOptions _options;
    private readonly Mover _mover;

    // The apply thread's.
    private bool _live;
    private bool _kept;
    private ulong _run;
    private long _runStart;
    private long _consistentEnd;    // where in the journal the last consistent mark is that was received
    private ImageMark _consistent;

    private NotedMark? _noted;      // guarded by the contents' lock
    private long _flushedEnd;       // the commit thread's

    private ImageStore(StoreContents contents, VolumeFiles places, StoreOptions options, StoreState state)
    {
        _contents = contents;
        _places = places;
        _options = options;
        _kept = state.Kept;
        _run = state.Run;
        _runStart = state.From;
        _consistentEnd = state.ConsistentEnd;
        _consistent = state.Consistent;
        _flushedEnd = state.End;
        Tags = new StoreTags(contents);
        _mover = new Mover(contents, $"{Path.GetFileName(places.Directory)} mover");
    }

    /// <inheritdoc/>
    public long SizeBytes => _contents.SizeBytes;

    /// <inheritdoc/>
    public ImageMark Committed => _contents.Committed.Mark;

    /// <inheritdoc/>
    public ulong ConsistentTime => _contents.Committed.Consistent.Time;

    /// <inheritdoc/>
    public ulong ConsistentMark => _contents.Committed.Consistent.N;

    /// <inheritdoc/>
    public long NonZeroBytes
    {
        get
        {
            long bytes = _contents.Image.AllocatedBytes;
            lock (_contents.Lock) bytes += _contents.Overlays.Sum(o => o.Count * o.GranuleBytes);
            return Math.Min(bytes, SizeBytes);
        }
    }

    /// <inheritdoc/>
    public bool HasFailed => _contents.Failure is not null;

    /// <inheritdoc/>
    public bool IsSettled
    {
        get
        {
            lock (_contents.Lock) return _mover.IsSettled;
        }
    }

    /// <inheritdoc/>
    public ulong ImageMark
    {
        get
        {
            lock (_contents.Lock) return _mover.ImageMark;
        }
    }

    /// <inheritdoc/>
    public IChunkTags Tags { get; }

    /// <inheritdoc/>
    public int Views
    {
        get
        {
            lock (_contents.Lock) return _contents.Views.Count;
        }
    }

    /// <summary>Opens the store as the slots say that it is, and goes on carrying what had not come to its place. Takes over both files.</summary>
    /// <param name="files">The store's files.</param>
    /// <param name="places">Where the volume's parts lie.</param>
    /// <param name="image">The image; at least <paramref name="sizeBytes"/> long.</param>
    /// <param name="marks">The slots.</param>
    /// <param name="sizeBytes">Bytes of the volume.</param>
    /// <param name="options">What it is told.</param>
    /// <exception cref="StoreUnusableException">What the slots count is missing or damaged.</exception>
    public static ImageStore Open(IImageFiles files, VolumeFiles places, IImageFile image, MarkSlots marks, long sizeBytes, StoreOptions? options = null)
    {
        options ??= new StoreOptions();
        StoreState state = marks.State;
        TagFile tags = TagFile.Open(files, places.Hashes, image, state.Kept, sizeBytes, options);
        var contents = new StoreContents(files, places, image, marks, sizeBytes) { Tags = tags };
        try
        {
            RemoveLeftovers(files, places, state);
            foreach (OverlayEntry entry in state.Overlays) contents.Overlays.Add(Overlay.Open(files, places, entry, sizeBytes));
            contents.Open = contents.Overlays.Find(o => !o.Sealed);
            List<JournalRecord> rest = [];
            if (state.Kept)
            {
                contents.Journal = Journal.Open(files, places.Journal, options.JournalBytes > 0 ? options.JournalBytes : Journal.BytesFor(sizeBytes), state);
                foreach (JournalRecord record in contents.Journal.Load(state, sizeBytes))
                {
                    if (record.Position < state.ConsistentEnd) contents.Records.Enqueue(record);
                    else rest.Add(record);
                }
            }
            var store = new ImageStore(contents, places, options, state);
            if (rest.Count > 0) store.KeepAside(rest);
            return store;
        }
        catch
        {
            // The caller closes what it has opened.
            tags.Dispose();
            contents.Journal?.Dispose();
            foreach (Overlay overlay in contents.Overlays) overlay.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        _contents.ThrowIfFailed();
        try
        {
            if (!_kept)
            {
                SparseWriter.Write(_contents.Image, offset, data);
                return;
            }
            int done = 0;
            while (done < data.Length && Journals())
            {
                int part = Math.Min(data.Length - done, _contents.Journal!.MostData);
                if (!TakeRoom(part)) break;
                Enqueue(_contents.Journal.Write(offset + done, data.Slice(done, part)));
                done += part;
            }
            if (done < data.Length) Aside().Write(offset + done, data[done..]);
        }
        catch (Exception e)
        {
            _contents.Fail(e, flush: false);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Zero(long offset, long length)
    {
        _contents.ThrowIfFailed();
        try
        {
            if (!_kept) _contents.Image.Zero(offset, length);
            else if (Journals() && TakeRoom(0)) Enqueue(_contents.Journal!.Zero(offset, length));
            else Aside().Zero(offset, length);
        }
        catch (Exception e)
        {
            _contents.Fail(e, flush: false);
            throw;
        }
    }

    /// <inheritdoc/>
    public void EnterLive(bool live)
    {
        _contents.ThrowIfFailed();
        _live = live;
        try
        {
            if (live) _contents.Journal ??= OpenJournal();
            else MoveRest();
        }
        catch (Exception e)
        {
            _contents.Fail(e, flush: false);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Mark(in ImageMark mark)
    {
        _contents.ThrowIfFailed();
        try
        {
            Overlay? seal = _contents.Open;
            if (mark.Consistent) BecomeConsistent(mark);
            else if (_kept && seal is null) _contents.Journal!.FillPage();
            lock (_contents.Lock)
            {
                Overlay[] list = [.. _contents.Overlays.Where(o => !o.Sealed)];
                // A consistent mark that is not committed yet is committed with this one.
                Overlay[] seals = _noted is { } before ? [.. before.Seal.Where(o => !o.Sealed)] : [];
                if (mark.Consistent && seal is not null) seals = [.. seals, seal];
                long end = _contents.Open is null && _contents.Journal is { } journal && _kept ? journal.End : _consistentEnd;
                _noted = new NotedMark(mark, _consistent, _kept, _run, _runStart, _consistentEnd, end, seals, list);
            }
        }
        catch (Exception e)
        {
            _contents.Fail(e, flush: false);
            throw;
        }
    }

    /// <inheritdoc/>
    public ImageMark Commit()
    {
        // A failed write makes no earlier mark untrue, but a failed flush may have thrown away what it covers: then nothing is committed any more.
        NotedMark noted;
        lock (_contents.Lock)
        {
            if (_contents.FlushFailure is { } e) throw _contents.Again(e);
            noted = _noted ?? throw new InvalidOperationException("There is no mark to commit.");
        }
        try
        {
            if (!_contents.Committed.Kept) _contents.Image.Flush();
            foreach (Overlay overlay in noted.List) Store(overlay);
            if (noted.End > _flushedEnd)
            {
                _contents.Journal!.Flush();
                _flushedEnd = noted.End;
            }
            _contents.Store(state => Next(state, noted), () => Follow(noted));
        }
        catch (Exception e)
        {
            _contents.Fail(e, flush: true);
            throw;
        }
        return noted.Mark;
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination) => _contents.Read(offset, destination);

    /// <inheritdoc/>
    public bool NextData(long from, out long start, out long end) => _contents.NextData(from, out start, out end);

    /// <inheritdoc/>
    public IConsistentView? OpenConsistent(bool settled, CancellationToken cancellation) => _mover.Open(settled, cancellation);

    /// <inheritdoc/>
    public void Abandon()
    {
        _contents.Fail(new IOException("it was given up."), flush: true);
        _contents.DropCaches();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mover.Stop();
        if (_contents.Failure is null && _contents.Committed.Kept) _contents.Tags.Close(_contents.Image);
        _contents.Close();
    }

    // ---- where an arrival goes

    /// <summary>Whether arrivals go into the journal.</summary>
    private bool Journals() => _live && _contents.Open is null;

    /// <summary>Writes into the open overlay, which begins when there is none.</summary>
    private OverlayWriter Aside()
    {
        if (_contents.Open is null)
        {
            Overlay overlay = _contents.NewOverlay();
            lock (_contents.Lock)
            {
                _contents.Overlays.Add(overlay);
                _contents.Open = overlay;
            }
        }
        return new OverlayWriter(_contents.Open, _contents.Lock, (offset, destination) => _contents.Read(offset, destination));
    }

    private void Enqueue(JournalRecord record)
    {
        lock (_contents.Lock) _contents.Records.Enqueue(record);
    }

    /// <summary>
    /// Waits for room in the journal: so a client that is faster than the image is throttled. When nothing will ever make room, because what came since the
    /// last consistent mark fills it alone, that moves into an overlay.
    /// </summary>
    /// <returns>False when arrivals now go into the open overlay.</returns>
    private bool TakeRoom(int bytes)
    {
        Journal journal = _contents.Journal!;
        long most = journal.Capacity - Journal.HeaderBytes - bytes - Journal.MostFill;
        lock (_contents.Lock)
        {
            while (journal.End - _contents.Released > most || _contents.Records.Count >= _options.MostRecords)
            {
                _contents.ThrowIfFailed();
                StoreState committed = _contents.Committed;
                if (_contents.Released >= committed.ConsistentEnd && committed.ConsistentEnd >= _consistentEnd) break;
                _contents.Hurry = true;
                Monitor.PulseAll(_contents.Lock);
                Monitor.Wait(_contents.Lock);
            }
            if (journal.End - _contents.Released <= most && _contents.Records.Count < _options.MostRecords) return true;
        }
        MoveRest();
        return false;
    }

    /// <summary>Moves what the journal has after the last consistent mark into a new open overlay.</summary>
    private void MoveRest()
    {
        if (!_kept || _contents.Open is not null || _contents.Journal!.End == _consistentEnd) return;
        List<JournalRecord> rest;
        lock (_contents.Lock) rest = [.. _contents.Records.Where(r => r.Position >= _consistentEnd)];
        if (rest.Count > 0) KeepAside(rest);
    }

    /// <summary>Copies records into a new overlay, then shows it instead of them.</summary>
    private void KeepAside(List<JournalRecord> rest)
    {
        Overlay overlay = _contents.NewOverlay();
        var writer = new OverlayWriter(overlay, _contents.Lock, (offset, destination) => _contents.Read(offset, destination, rest[0].Position));
        byte[] data = new byte[_contents.Journal!.MostData];
        foreach (JournalRecord record in rest)
        {
            if (record.Zero)
            {
                writer.Zero(record.Offset, record.Length);
                continue;
            }
            for (int done = 0; done < record.Length;)
            {
                Span<byte> part = data.AsSpan(0, (int)Math.Min(data.Length, record.Length - done));
                _contents.Journal.Read(record.DataPosition + done, part);
                writer.Write(record.Offset + done, part);
                done += part.Length;
            }
        }
        lock (_contents.Lock)
        {
            // What is before them stays in the queue: the mover carries it.
            JournalRecord[] kept = [.. _contents.Records.Where(r => r.Position < rest[0].Position)];
            _contents.Records.Clear();
            foreach (JournalRecord record in kept) _contents.Records.Enqueue(record);
            _contents.Overlays.Add(overlay);
            _contents.Open = overlay;
        }
    }

    // ---- marks

    private void BecomeConsistent(in ImageMark mark)
    {
        if (!_kept)
        {
            // From here on nothing touches the image, so the commit's flush covers exactly what was before.
            _contents.Journal ??= OpenJournal();
            _kept = true;
            BeginRun();
        }
        else if (_contents.Open is not null)
        {
            WaitForMover();
            lock (_contents.Lock) _contents.Open = null;
            BeginRun();
        }
        else
        {
            _contents.Journal!.FillPage();
        }
        _consistentEnd = _contents.Journal!.End;
        _consistent = mark;
    }

    private void BeginRun()
    {
        _run = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        _contents.Journal!.Continue(_run, _contents.Journal.End);
        _runStart = _contents.Journal.End;
    }

    /// <summary>Returns when the journal's run has been carried up to its last consistent mark and its space is free.</summary>
    private void WaitForMover()
    {
        lock (_contents.Lock)
        {
            while (_contents.Released < _consistentEnd || _contents.Committed.ConsistentEnd < _consistentEnd)
            {
                _contents.ThrowIfFailed();
                _contents.Hurry = true;
                Monitor.PulseAll(_contents.Lock);
                Monitor.Wait(_contents.Lock);
            }
        }
    }

    private Journal OpenJournal() =>
        Journal.Open(_contents.Files, _places.Journal, _options.JournalBytes > 0 ? _options.JournalBytes : Journal.BytesFor(SizeBytes), _contents.Committed);

    /// <summary>Puts an open overlay on stable storage: the map as it was before the data's fdatasync.</summary>
    private void Store(Overlay overlay)
    {
        // Sealed by a commit meanwhile: it is there, and the mover's now.
        if (overlay.Sealed) return;
        List<OverlayPage> pages;
        lock (_contents.Lock) pages = overlay.TakeChanges();
        overlay.Data.Flush();
        overlay.Store(pages);
    }

    private StoreState Next(StoreState state, NotedMark noted)
    {
        foreach (Overlay overlay in noted.List) overlay.Listed = true;
        foreach (Overlay overlay in noted.Seal) overlay.Seals = true;
        bool advanced = noted.Kept && (!state.Kept || noted.Consistent != state.Consistent);
        return state with
        {
            Mark = noted.Mark,
            Kept = noted.Kept,
            Consistent = advanced ? noted.Consistent : state.Consistent,
            ConsistentBytes = advanced ? SizeBytes : state.ConsistentBytes,
            From = noted.Run == state.Run ? state.From : noted.RunStart,
            Run = noted.Run,
            ConsistentEnd = noted.ConsistentEnd,
            End = noted.End,
        };
    }

    private void Follow(NotedMark noted)
    {
        foreach (Overlay overlay in noted.Seal) overlay.Sealed = true;
        if (_contents.Released >= noted.RunStart) return;
        // A new run: nothing of the one before is left to carry.
        _contents.Applied = Math.Max(_contents.Applied, noted.RunStart);
        _contents.Released = noted.RunStart;
    }

    private static void RemoveLeftovers(IImageFiles files, VolumeFiles places, StoreState state)
    {
        // What no slot counts is of a crash before its commit, or after it was carried.
        foreach (string name in files.Files(places.Directory))
        {
            if (!name.StartsWith(VolumeFiles.OverlayPrefix, StringComparison.Ordinal)) continue;
            if (!state.Overlays.Any(o => Path.GetFileName(places.Overlay(o.Id)) == name || Path.GetFileName(places.OverlayMap(o.Id)) == name)) files.Delete(Path.Combine(places.Directory, name));
        }
    }
}
