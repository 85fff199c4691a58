using Mirror.Core.Blocks;
using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Core.Taps;

namespace Mirror.Core.Client;

/// <summary>
/// What a client knows beyond one connection. Sessions follow one another and own it in turn; figures that status shows are plain
/// words, written by the session's thread and read by any.
/// </summary>
internal sealed class ClientMemory
{
    private long _consistentAt;
    private string? _lastError;

    /// <summary>Makes the memory of a client of <paramref name="disk"/> with <paramref name="tap"/>.</summary>
    public ClientMemory(MirrorClientOptions options, IDisk disk, ITap tap, TimeProvider clock)
    {
        Options = options;
        Disk = disk;
        Tap = tap;
        Clock = clock;
        GranuleBytes = tap.Description.GranuleBytes;
        Pending = new HierarchicalBitmap((disk.SizeBytes + GranuleBytes - 1) / GranuleBytes);
        StateSince = clock.GetUtcNow();
        SafeSince = clock.GetTimestamp();
    }

    public MirrorClientOptions Options { get; }

    public IDisk Disk { get; }

    public ITap Tap { get; }

    public TimeProvider Clock { get; }

    public int GranuleBytes { get; }

    /// <summary>Granules that must be read from the disk and sent. Owned by the session's thread; between sessions by the client's.</summary>
    public HierarchicalBitmap Pending { get; }

    /// <summary>What is known of the server's image; null: nothing, and the next connection scans. Mirrored by the tap's saved state.</summary>
    public ResumeRecord? Record { get; private set; }

    /// <summary>The number of the last mark that was sent.</summary>
    public ulong LastMark { get; set; }

    public MirrorState State { get; private set; } = MirrorState.NoConn;

    public DateTimeOffset StateSince { get; private set; }

    public long Scans { get; set; }

    public long ScannedBytes { get; set; }

    public long QueuedBytes { get; set; }

    public long SentBytes { get; set; }

    public long ReceivedBytes { get; set; }

    public long Connections { get; set; }

    public ulong CommittedMark { get; set; }

    /// <summary>Whether the image at the last committed mark is consistent.</summary>
    public bool Consistent { get; set; }

    /// <summary>When the image last equalled the disk at that instant, in ticks of UTC; 0 for never.</summary>
    public DateTimeOffset? ConsistentAt
    {
        get => Volatile.Read(ref _consistentAt) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Volatile.Write(ref _consistentAt, value?.UtcTicks ?? 0);
    }

    /// <summary>The instant (of <see cref="Clock"/>) up to which every write is known to be committed.</summary>
    public long SafeSince { get; set; }

    /// <summary>Whether something may have been written since <see cref="SafeSince"/>.</summary>
    public bool Uncommitted { get; set; } = true;

    /// <summary>Whether the last round of catching up found more new than was sent.</summary>
    public bool Behind { get; set; }

    public long BytesPerSecond { get; set; }

    public string? Peer { get; set; }

    public string? Needs { get; set; }

    /// <summary>Whether <see cref="LastError"/> is the disk's: it comes again wherever the disk cannot be read, and has healed only when all is sent.</summary>
    public bool DiskFailed { get; set; }

    /// <summary>Adoption that the administrator has granted for the next connections; cleared when one succeeds.</summary>
    public Adoption Adopt { get; set; }

    public string? LastError
    {
        get => Volatile.Read(ref _lastError);
        set => Volatile.Write(ref _lastError, value);
    }

    /// <summary>Enters a state.</summary>
    public void Enter(MirrorState state)
    {
        if (state == State) return;
        State = state;
        StateSince = Clock.GetUtcNow();
    }

    /// <summary>Replaces the resume record, durably with the tap first.</summary>
    public void Save(ResumeRecord? record)
    {
        Tap.SaveState(record is null ? default(ReadOnlySpan<byte>) : record.Encode(Options.Volume, Disk.Attachment));
        Record = record;
    }

    /// <summary>Takes up what an earlier process left with the tap.</summary>
    public void Load()
    {
        Record = Tap.Description.Continued ? ResumeRecord.Decode(Tap.LoadState(), Options.Volume, Disk.Attachment) : null;
        LastMark = Record is null ? 0 : Math.Max(Record.Sent.Number, Record.Acknowledged.Number);
        if (Record is not null) Tap.CopyKeptTo(Pending);
    }
}
