using Mirror.Core.Control;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>What the intake of a connection asks and tells.</summary>
internal sealed partial class ServerVolume : IIntakeOwner
{
    /// <inheritdoc/>
    public async Task AdmitScanAsync(CancellationToken stop)
    {
        lock (_lock)
        {
            if (_scanPlace is not null) return;
        }
        // The place is given back when the connection is detached, which comes after this.
        IDisposable place = await _scans.EnterAsync(_limits.ScanLine, stop).ConfigureAwait(false) ?? throw Busy("as many volumes as this server lets scan at a time are scanning");
        lock (_lock) _scanPlace = place;
    }

    /// <inheritdoc/>
    public ScanBegunMessage BeginScan(bool goOn, bool followed)
    {
        bool began = false;
        VolumeRecord record = Changed(r =>
        {
            if (goOn && r.Scan != ScanProgress.None) return r;
            began = true;
            return r with { Incarnation = Guid.NewGuid(), Scan = r.EverConsistent && !followed ? ScanProgress.Comparing : ScanProgress.Sending };
        });
        bool guarded = record.Scan == ScanProgress.Comparing;
        if (began)
        {
            lock (_lock)
            {
                _scanCount++;
                _committed = default;
            }
            VolumeLog.ScanBegun(_logger, Name, guarded, record.Incarnation);
        }
        return new ScanBegunMessage(record.Incarnation, guarded ? ScanBegunFlags.Guarded : ScanBegunFlags.None);
    }

    /// <inheritdoc/>
    public void JudgeScan(in ScanComparedMessage found)
    {
        (long changed, long nonZero) = (found.DifferentNonZero, found.NonZero);
        long most;
        bool replace;
        lock (_lock)
        {
            most = _image!.NonZeroBytes;
            replace = (_identifyFlags & IdentifyFlags.AdoptAndReplace) != 0;
        }
        bool small = ScanGuard.Allows(changed, nonZero, most);
        if (!small && !replace && !_store.Record!.ReplaceApproved)
        {
            throw new RefusalException(RefusalCode.NeedsReplace,
                $"Volume {Name}: the scan would change {changed} of the image's {Math.Min(nonZero, most)} bytes that are not zero, more than a fifth. The image is untouched. If the disk is the right one: diskmirror adopt {Name} --replace", 60);
        }
        if (!small) _store.Replaced.Keep();
        // The permission holds until the scan has ended, however often it is broken off.
        Changed(r => r with { Scan = ScanProgress.Sending, ReplaceApproved = r.ReplaceApproved || !small });
        VolumeLog.ScanAllowed(_logger, Name, changed, nonZero);
    }

    /// <inheritdoc/>
    public void EndScan()
    {
        Changed(r => r.Scan == ScanProgress.None ? r : r with { Scan = ScanProgress.None, ReplaceApproved = false });
        lock (_lock)
        {
            _scanPlace?.Dispose();
            _scanPlace = null;
        }
    }

    /// <inheritdoc/>
    public void Entered(StreamState state)
    {
        string peer;
        lock (_lock)
        {
            Enter((MirrorState)state);
            peer = _intake?.Peer ?? "";
        }
        VolumeLog.State(_logger, Name, peer, state);
    }

    /// <inheritdoc/>
    public void Reported(in AliveMessage alive)
    {
        lock (_lock) _alive = alive;
    }

    /// <inheritdoc/>
    public void MarkReceived(ulong n, long writes)
    {
        lock (_lock)
        {
            long now = _clock.GetTimestamp();
            if (_uncommittedSince == 0) _uncommittedSince = now;
            _marks.Enqueue((n, writes, now));
        }
    }

    /// <inheritdoc/>
    public void Committed(in ImageMark mark)
    {
        if (mark.Consistent && !_store.Record!.EverConsistent)
        {
            _store.Change(r => r with { EverConsistent = true });
            VolumeLog.FirstConsistent(_logger, Name, mark.N);
        }
        _store.Healed();
        long bytes;
        lock (_lock) bytes = _imageBytes;
        bytes = _image?.NonZeroBytes ?? bytes;
        lock (_lock)
        {
            _committed = mark;
            _imageBytes = bytes;
            if (mark.Consistent) _consistentAt = _clock.GetUtcNow();
            long writes = 0, at = 0;
            while (_marks.TryPeek(out (ulong N, long Writes, long At) oldest) && oldest.N <= mark.N)
            {
                (writes, at) = (oldest.Writes, oldest.At);
                _marks.Dequeue();
            }
            // What came after this mark is not older than the mark.
            _uncommittedSince = at != 0 && _intake is { } intake && intake.Writes > writes ? at : 0;
            _lastError = null;
        }
    }

    /// <inheritdoc/>
    public RefusalException Failed(Exception e)
    {
        RefusalException refusal = _store.Fail(e);
        lock (_lock) _lastError = refusal.Message;
        return refusal;
    }

    private VolumeRecord Changed(Func<VolumeRecord, VolumeRecord> change)
    {
        try
        {
            return _store.Change(change);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RefusalException refusal = _store.Refusal(e);
            lock (_lock) _lastError = refusal.Message;
            throw refusal;
        }
    }
}
