using Microsoft.Extensions.Logging;
using Mirror.Core.Blocks;
using Mirror.Core.Disks;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// The durable side of one volume: its lock, its record and its opened image. Every member may block on storage, so it is called on threads that may;
/// <see cref="_lock"/> guards all fields and is held while the record is written.
/// </summary>
internal sealed class VolumeStore : IDisposable
{
    private readonly string _name;
    private readonly VolumeFiles _places;
    private readonly IImageFiles _files;
    private readonly IStorePlace? _place;
    private readonly bool _force;
    private readonly VolumeLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private IDisposable? _held;
    private VolumeRecord? _record;
    private IImageStore? _store;
    private bool _failed, _full;

    /// <summary>Names the volume; nothing is touched yet.</summary>
    public VolumeStore(string name, VolumeFiles places, IImageFiles files, IStorePlace? place, bool force, VolumeLimits limits, TimeProvider clock, ILogger logger)
    {
        _name = name;
        _places = places;
        _files = files;
        _place = place;
        _force = force;
        _limits = limits;
        _clock = clock;
        _logger = logger;
        History = new SnapshotStore(name, places, files);
        Replaced = new ReplacedState(name, this, limits, clock, logger);
    }

    /// <summary>The image's path.</summary>
    public string ImagePath => _places.Image;

    /// <summary>The record; null before first contact or before it was read. Does not block.</summary>
    public VolumeRecord? Record => Volatile.Read(ref _record);

    /// <summary>Takes the lock and reads the record, if that has not been done.</summary>
    /// <exception cref="RefusalException">The volume cannot be used.</exception>
    public void Load()
    {
        lock (_lock)
        {
            if (_held is not null) return;
            IDisposable? held = null;
            try
            {
                _files.CreateDirectory(_places.Directory);
                held = _files.Lock(_places.Lock);
                byte[]? text = _files.ReadSmall(_places.Record, VolumeRecordFormat.MostBytes);
                if (text is not null) Volatile.Write(ref _record, VolumeRecordFormat.Parse(text, _places.Record, _name));
                else RefuseOrphan();
                if (_record is { } record && record.Image != _places.GivenImage)
                {
                    if (!_files.Exists(_places.Image)) throw new StoreUnusableException($"{_places.Image} is missing, where the image should be now; until now it was {record.Image ?? "the one in the volume's directory"}. Correct the path, or put the image there.");
                    ForgetConsistency();
                    VolumeLog.Moved(_logger, _name, _places.Image, record.Image ?? "the one in its directory");
                    Change(r => Doubt(r with { Image = _places.GivenImage }));
                }
                _held = held;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                held?.Dispose();
                throw Refusal(e);
            }
        }
    }

    /// <summary>Whether the disk may be mirrored here; changes nothing.</summary>
    /// <exception cref="RefusalException">It may not.</exception>
    public IdentityVerdict? Judge(in IdentifyMessage m)
    {
        IdentityVerdict? verdict = Record is { } record ? IdentityRule.Judge(record, m) : null;
        if (_place?.WhyOnDisk(_places.Image, new DiskIdentity(m.Identity, m.Machine)) is { } why)
            throw new RefusalException(RefusalCode.SameDisk, $"Volume {_name}: {why}, which is the disk to be mirrored. Put the store on another disk.", 60);
        return verdict;
    }

    /// <summary>Makes everything ready for a client whose disk was accepted, with no other connection's work under way.</summary>
    /// <exception cref="RefusalException">The store is full, failed or unusable.</exception>
    public IImageStore Prepare(in IdentifyMessage m, IdentityVerdict? verdict)
    {
        lock (_lock)
        {
            try
            {
                if (_failed || _store is { HasFailed: true }) CloseStore();
                if (_full && Math.Min(_files.FreeBytes(_places.Image), _files.FreeBytes(_places.Marks)) is var free && free < _limits.RoomNeeded)
                    throw new StoreFullException($"{_places.Image}: only {free} bytes are free.");
                if (_record is null) Create(m);
                else if (verdict == IdentityVerdict.Adopted) Adopt(m);
                else if (verdict == IdentityVerdict.Grown) Grow(m.SizeSectors << Units.SectorShift);
                _store ??= Open(_record!);
                return _store;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Refusal(e);
            }
        }
    }

    /// <summary>After a start: opens the image if a part of its last consistent state is still in journal or overlays, so that it is carried over without waiting for a client.</summary>
    /// <returns>The store; null when there is nothing to carry.</returns>
    /// <exception cref="RefusalException">The store is unusable.</exception>
    public IImageStore? Resume()
    {
        lock (_lock)
        {
            try
            {
                if (_record is null || _store is not null || !_files.Exists(_places.Marks)) return _store;
                using (MarkSlots marks = MarkSlots.Open(_files, _places.Marks))
                {
                    ConsistentTimeAtStart = marks.State.Consistent.Time;
                    if (!marks.State.Kept || (marks.State.From == marks.State.End && marks.State.Overlays.IsEmpty)) return null;
                }
                return _store = Open(_record);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Refusal(e);
            }
        }
    }

    /// <summary>Opens a view of the last consistent mark, whether a client is connected or not (see <see cref="IImageStore.OpenConsistent"/>).</summary>
    /// <returns>Null when there is no volume yet, or it has never been consistent.</returns>
    /// <exception cref="RefusalException">The store is failed or unusable.</exception>
    public IConsistentView? OpenConsistent(bool settled, CancellationToken cancellation)
    {
        try
        {
            IImageStore store;
            lock (_lock)
            {
                if (_record is null) return null;
                if (_failed || _store is { HasFailed: true }) CloseStore();
                store = _store ??= Open(_record);
            }
            return store.OpenConsistent(settled, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal(e);
        }
    }

    /// <summary>Hashes the next chunk that has no tag; see <see cref="IChunkTags.Refresh"/>.</summary>
    /// <returns>False when there is none, or the image is not open.</returns>
    public bool RefreshTag(Span<byte> buffer)
    {
        if (Volatile.Read(ref _store) is not { HasFailed: false } store || Record is not { } record) return false;
        using var hasher = new UnitHasher(new Bytes32(record.HashKey));
        try
        {
            return store.Tags.Refresh((data, chunk, tag) => hasher.Hash(data, Units.ChunkBytes, chunk, tag), buffer);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false;   // whoever needs the image will say so
        }
    }

    /// <summary>The number of the last committed consistent mark; null while the image is not open. Does not block.</summary>
    public ulong? ConsistentMark => Volatile.Read(ref _store)?.ConsistentMark;

    /// <summary>The time of the last consistent mark as it was found at the start (milliseconds since 1970); 0 when there was none.</summary>
    public ulong ConsistentTimeAtStart { get; private set; }

    /// <summary>The history.</summary>
    public SnapshotStore History { get; }

    /// <summary>Keeps what another disk replaces.</summary>
    public ReplacedState Replaced { get; }

    /// <summary>Opens what a restore reads, beside the mirror.</summary>
    /// <param name="snapshot">A snapshot's name; empty for the newest consistent state.</param>
    /// <param name="asItIs">Take the image as it is when it has never been consistent.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="RefusalException">There is none, or the storage failed.</exception>
    public RestoreView OpenRestore(string snapshot, bool asItIs, CancellationToken cancellation)
    {
        Load();
        VolumeRecord record = _record ?? throw new RefusalException(RefusalCode.NotFound, $"Volume {_name}: nothing has been copied into it yet.");
        if (snapshot.Length > 0) return OpenSnapshot(snapshot);
        if (OpenConsistent(settled: false, cancellation) is { } view) return new RestoreView(view, view.Mark, record.Identity, record.LogicalBlockBytes, StoredBytes(), view);
        if (!asItIs)
        {
            throw new RefusalException(RefusalCode.NotConsistent,
                $"Volume {_name}: there is no consistent image: its first copy was never completed, so what is there is no instant of the disk. To take it all the same: --as-it-is");
        }
        lock (_lock)
        {
            try
            {
                _store ??= Open(record);
                return new RestoreView(_store, _store.Committed with { Consistent = false }, record.Identity, record.LogicalBlockBytes, _store.NonZeroBytes, null);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Refusal(e);
            }
        }
    }

    private RestoreView OpenSnapshot(string name)
    {
        try
        {
            SnapshotView view = History.Open(name);
            return new RestoreView(view, view.Mark, view.Record.Identity, view.Record.LogicalBlockBytes, view.SizeBytes, view);
        }
        catch (Exception e) when (e is FileNotFoundException or FormatException)
        {
            throw new RefusalException(RefusalCode.NotFound, $"Volume {_name}: there is no snapshot '{name}'. {History.Describe()}", 0, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal(e);
        }
    }

    /// <summary>Changes the record, durably.</summary>
    public VolumeRecord Change(Func<VolumeRecord, VolumeRecord> change)
    {
        lock (_lock)
        {
            VolumeRecord before = _record ?? throw new InvalidOperationException($"Volume {_name} has no record yet.");
            VolumeRecord after = change(before);
            if (after == before) return before;
            _files.ReplaceSmall(_places.Record, VolumeRecordFormat.Format(after));
            Volatile.Write(ref _record, after);
            return after;
        }
    }

    /// <summary>After a failed write or flush: forgets what memory claims of the image. It is opened anew for the next client.</summary>
    /// <returns>What to tell the client.</returns>
    public RefusalException Fail(Exception e)
    {
        lock (_lock)
        {
            if (!_failed) VolumeLog.StoreFailed(_logger, _name, e.Message, e);
            _failed = true;
            _store?.Abandon();
            return Refusal(e);
        }
    }

    /// <summary>The store works: a mark was committed.</summary>
    public void Healed() => _full = false;

    /// <summary>What a failure means for the client.</summary>
    public RefusalException Refusal(Exception e)
    {
        switch (e)
        {
            case StoreFullException:
                _full = true;
                return new RefusalException(RefusalCode.StoreFull, $"Volume {_name}: no room in the store. {e.Message} Make room there; the client goes on by itself.", _limits.StoreRetrySeconds, e);
            case StoreInUseException:
                return new RefusalException(RefusalCode.InUse, $"Volume {_name}: {e.Message}", _limits.StoreRetrySeconds, e);
            case StoreUnusableException:
                return new RefusalException(RefusalCode.StoreFailed, $"Volume {_name}: {e.Message}", 60, e);
            default:
                return new RefusalException(RefusalCode.StoreFailed, $"Volume {_name}: the store failed. {e.Message} See to the server's storage; the client goes on by itself when it works again.", _limits.StoreRetrySeconds, e);
        }
    }

    /// <summary>Closes the image and gives the lock back.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            CloseStore();
            _held?.Dispose();
            _held = null;
        }
    }

    /// <summary>Nothing that a client believes of the image holds any more: a scan must compare.</summary>
    private static VolumeRecord Doubt(VolumeRecord record) => record with
    {
        Incarnation = Guid.NewGuid(),
        Scan = record.EverConsistent ? ScanProgress.Comparing : ScanProgress.None,
    };

    private void Create(in IdentifyMessage m)
    {
        long size = m.SizeSectors << Units.SectorShift;
        bool seeded = _files.Exists(_places.Seed);
        using (IImageFile image = _files.Open(_places.Image, _force || seeded ? ImageOpenMode.NewForced : ImageOpenMode.New))
        {
            if (seeded && image.SizeBytes > size && image.NextData(size, out _, out _))
                throw new StoreUnusableException($"{_places.Image} was seeded with {image.SizeBytes} bytes, and the disk has {size}: it is the image of another disk, or of the whole disk instead of a partition. Nothing was changed. Mirror the right disk; or, with the server's directory {_places.Directory} removed, begin without a seed.");
            image.SetSize(size);
            image.Flush();
        }
        MarkSlots.Create(_files, _places.Marks);
        // The record comes last: without it there is no volume, and what was made so far is made again.
        VolumeRecord record = VolumeRecord.Begin(_name, IdentityRule.Of(m), size, m.LogicalBlockBytes, _places.GivenImage, _clock.GetUtcNow());
        _files.ReplaceSmall(_places.Record, VolumeRecordFormat.Format(record));
        Volatile.Write(ref _record, record);
        if (seeded) _files.Delete(_places.Seed);
        VolumeLog.Begun(_logger, _name, _places.Image, record.Identity.ToString(), size);
    }

    private void Adopt(in IdentifyMessage m)
    {
        long size = m.SizeSectors << Units.SectorShift;
        long before = _record!.SizeBytes;
        VolumeIdentity identity = IdentityRule.Of(m);
        int block = m.LogicalBlockBytes;
        bool replace = (m.Flags & IdentifyFlags.AdoptAndReplace) != 0;
        // With the old disk's size, blocks and identity, and before anything is cut off.
        Replaced.Keep();
        CloseStore();
        // What would be carried into a smaller image belongs to the larger disk, whose end is cut off here: the administrator has said so.
        if (size < before) ForgetConsistency();
        if (size > before) Resize(size);    // a crash between the two leaves a file that is too long, which opening mends
        Change(r => Doubt(r with
        {
            Identity = identity,
            SizeBytes = size,
            LogicalBlockBytes = block,
            AdoptApproved = false,
            ReplaceApproved = r.ReplaceApproved || replace,
        }));
        if (size < before) Resize(size);
        VolumeLog.Adopted(_logger, _name, identity.ToString(), size);
    }

    /// <summary>The volume's own disk has grown: the image gains zeroes at its end, and what is known of the rest stays true. The last consistent state keeps its size.</summary>
    private void Grow(long size)
    {
        long before = _record!.SizeBytes;
        CloseStore();
        Resize(size);       // a crash before the record follows leaves a file that is too long, which opening mends
        Change(r => r with { SizeBytes = size });
        VolumeLog.Grown(_logger, _name, _places.Image, before, size);
    }

    private void Resize(long size)
    {
        using IImageFile image = _files.Open(_places.Image, ImageOpenMode.Existing);
        image.SetSize(size);
        image.Flush();
    }

    private ImageStore Open(VolumeRecord record)
    {
        IImageFile image = _files.Open(_places.Image, ImageOpenMode.Existing);
        try
        {
            if (image.SizeBytes < record.SizeBytes)
                throw new StoreUnusableException($"{_places.Image} has {image.SizeBytes} bytes, and the record says {record.SizeBytes}. It is left as it is; put the right image back, or move the volume's directory away so that the volume begins anew.");
            if (image.SizeBytes > record.SizeBytes && !image.IsDevice)
            {
                if (image.NextData(record.SizeBytes, out _, out _))
                    throw new StoreUnusableException($"{_places.Image} has {image.SizeBytes} bytes with data in the last of them, and the record says {record.SizeBytes}. It is left as it is; put the right image back.");
                image.SetSize(record.SizeBytes);
            }
            MarkSlots marks = MarkSlots.Open(_files, _places.Marks);
            try
            {
                var store = ImageStore.Open(_files, _places, image, marks, record.SizeBytes, new StoreOptions(_limits.JournalBytes) { HashKey = record.HashKey });
                _failed = false;
                return store;
            }
            catch
            {
                marks.Dispose();
                throw;
            }
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Journal and overlays belong to the image that was there before.</summary>
    private void ForgetConsistency()
    {
        if (!_files.Exists(_places.Marks)) return;
        using MarkSlots marks = MarkSlots.Open(_files, _places.Marks);
        StoreState state = marks.State;
        marks.Store(state with { Kept = false, Consistent = default, Run = 0, From = state.End, ConsistentEnd = state.End, Overlays = [] });
    }

    private void RefuseOrphan()
    {
        if (!_files.Exists(_places.Marks)) return;
        using MarkSlots marks = MarkSlots.Open(_files, _places.Marks);
        if (marks.State.Mark.N != 0)
            throw new StoreUnusableException($"{_places.Record} is missing, though there are marks beside it. Put it back from a backup, or move the volume's directory away so that the volume begins anew.");
    }

    private long StoredBytes()
    {
        lock (_lock) return _store?.NonZeroBytes ?? 0;
    }

    private void CloseStore()
    {
        _store?.Dispose();
        _store = null;
        _failed = false;
    }
}
