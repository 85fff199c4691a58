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
                if (_failed) CloseStore();
                if (_full && _files.FreeBytes(_places.Image) is var free && free < _limits.RoomNeeded)
                    throw new StoreFullException($"{_places.Image}: only {free} bytes are free.");
                if (_record is null) Create(m);
                else if (verdict != IdentityVerdict.Same) Adopt(m, verdict == IdentityVerdict.Adopted);
                _store ??= Open(_record!);
                return _store;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Refusal(e);
            }
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
        using (IImageFile image = _files.Open(_places.Image, _force ? ImageOpenMode.NewForced : ImageOpenMode.New))
        {
            image.SetSize(size);
            image.Flush();
        }
        MarkSlots.Create(_files, _places.Marks);
        // The record comes last: without it there is no volume, and what was made so far is made again.
        VolumeRecord record = VolumeRecord.Begin(_name, IdentityRule.Of(m), size, m.LogicalBlockBytes, _places.GivenImage, _clock.GetUtcNow());
        _files.ReplaceSmall(_places.Record, VolumeRecordFormat.Format(record));
        Volatile.Write(ref _record, record);
        VolumeLog.Begun(_logger, _name, _places.Image, record.Identity.ToString(), size);
    }

    private void Adopt(in IdentifyMessage m, bool another)
    {
        long size = m.SizeSectors << Units.SectorShift;
        long before = _record!.SizeBytes;
        VolumeIdentity identity = IdentityRule.Of(m);
        int block = m.LogicalBlockBytes;
        bool replace = (m.Flags & IdentifyFlags.AdoptAndReplace) != 0;
        CloseStore();
        if (size > before) Resize(size);    // a crash between the two leaves a file that is too long, which opening mends
        Change(r => Doubt(r with
        {
            Identity = identity,
            SizeBytes = size,
            LogicalBlockBytes = block,
            AdoptApproved = !another && r.AdoptApproved,
            ReplaceApproved = r.ReplaceApproved || (another && replace),
        }));
        if (size < before) Resize(size);
        VolumeLog.Adopted(_logger, _name, identity.ToString(), size);
    }

    private void Resize(long size)
    {
        using IImageFile image = _files.Open(_places.Image, ImageOpenMode.Existing);
        image.SetSize(size);
        image.Flush();
    }

    private DirectImageStore Open(VolumeRecord record)
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
            var store = new DirectImageStore(image, MarkSlots.Open(_files, _places.Marks), record.SizeBytes);
            _failed = false;
            return store;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    private void RefuseOrphan()
    {
        if (!_files.Exists(_places.Marks)) return;
        using MarkSlots marks = MarkSlots.Open(_files, _places.Marks);
        if (marks.Last.N != 0)
            throw new StoreUnusableException($"{_places.Record} is missing, though there are marks beside it. Put it back from a backup, or move the volume's directory away so that the volume begins anew.");
    }

    private void CloseStore()
    {
        _store?.Dispose();
        _store = null;
        _failed = false;
    }
}
