using Mirror.Core.Control;
using Mirror.Core.Store;

namespace Mirror.Core.Server;

/// <summary>The end of a volume's service while its server goes on.</summary>
internal sealed partial class ServerVolume
{
    /// <summary>The record; null before first contact.</summary>
    public VolumeRecord? Record => _store.Record;

    /// <summary>The newest sign that somebody cared for it: its last consistent state, its last snapshot, or its beginning. Null when none is known.</summary>
    public DateTimeOffset? LastUsed()
    {
        ulong consistent = _image?.ConsistentTime ?? _store.ConsistentTimeAtStart;
        DateTimeOffset? newest = _store.Record?.Created;
        if (consistent != 0) newest = Later(newest, DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(consistent, 253402300799999)));
        lock (_lock)
        {
            if (_consistentAt != default) newest = Later(newest, _consistentAt);
        }
        return _store.History.List(count: false) is [.., var last] ? Later(newest, last.Taken) : newest;
    }

    /// <summary>Closes the volume, if nobody uses it. Afterwards it is of no use, and its directory belongs to the caller.</summary>
    /// <exception cref="MirrorControlException">Its client is connected, or something reads the image.</exception>
    public async Task RetireAsync()
    {
        if (!await _turn.WaitAsync(_limits.Fence).ConfigureAwait(false)) throw InUse("a connection is taking over");
        try
        {
            lock (_lock)
            {
                if (_intake is { } intake) throw InUse($"its client {intake.Peer} is connected. Stop that first, where the disk is: diskmirror stop {Name} --keep-tracking");
                if (Restores.Count > 0) throw InUse("a restore reads it. Let that end first");
                if (_image is { Views: > 0 }) throw InUse("its image is being cloned. Try again");
                _stopping = true;
            }
        }
        finally
        {
            _turn.Release();
        }
        await DisposeAsync().ConfigureAwait(false);
    }

    private MirrorControlException InUse(string why) => new($"Volume {Name}: {why}.") { Failure = ControlFailure.InUse };

    private static DateTimeOffset Later(DateTimeOffset? a, DateTimeOffset b) => a > b ? a.Value : b;
}
