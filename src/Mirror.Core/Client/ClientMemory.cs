using System.Diagnostics.CodeAnalysis;
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
    private long _scannedAt;
    private string? _lastError;

    /// <summary>Makes the memory of a client of <paramref name="disk"/> with <paramref name="tap"/>.</summary>
    public ClientMemory(MirrorClientOptions options, IDisk disk, ITap tap, TimeProvider clock)
    {
        Options = options;
        Clock = clock;
        Take(disk, tap);
        StateSince = clock.GetUtcNow();
        SafeSince = clock.GetTimestamp();
    }

    public MirrorClientOptions Options { get; }

    public IDisk Disk { get; private set; }

    public ITap Tap { get; private set; }

    public TimeProvider Clock { get; }

    public int GranuleBytes { get; private set; }

    /// <summary>Granules that must be read from the disk and sent. Owned by the session's thread; between sessions by the client's.</summary>
    public HierarchicalBitmap Pending { get; private set; }

    /// <summary>What is known of the server's image; null: nothing, and the next connection scans. Mirrored by the tap's saved state.</summary>
    public ResumeRecord? Record { get; private set; }

    /// <summary>The number of the last mark that was sent.</summary>
    public ulong LastMark { get; set; }

    /// <summary>Told each change of state, the old one first, on the session's thread; must be quick and not throw.</summary>
    public Action<MirrorState, MirrorState>? Entered { get; set; }

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

    /// <summary>When the last scan began; null when this process has begun none.</summary>
    public DateTimeOffset? ScanBegunAt { get; set; }

    /// <summary>When the last scan began of which all that it found is committed: the image has what was on the disk then, or newer. Null when there was none.</summary>
    public DateTimeOffset? ScannedAt
    {
        get => Volatile.Read(ref _scannedAt) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Volatile.Write(ref _scannedAt, value?.UtcTicks ?? 0);
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
        MirrorState before = State;
        State = state;
        StateSince = Clock.GetUtcNow();
        Entered?.Invoke(before, state);
    }

    /// <summary>Whether disk or tap have another size than they were opened with: then nothing may be called consistent any more, and both are opened anew.</summary>
    public bool Outgrown => Disk.SizeNow != Disk.SizeBytes || Tap.Outgrown;

    /// <summary>Takes disk and tap as they are opened now. What is pending is in the tap's bitmaps (docs/internals.md, section 2): <see cref="Load"/> finds it.</summary>
    [MemberNotNull(nameof(Disk), nameof(Tap), nameof(Pending))]
    public void Take(IDisk disk, ITap tap)
    {
        Disk = disk;
        Tap = tap;
        GranuleBytes = tap.Description.GranuleBytes;
        Pending = new HierarchicalBitmap((disk.SizeBytes + GranuleBytes - 1) / GranuleBytes);
    }

    /// <summary>Replaces the resume record, durably with the tap first.</summary>
    public void Save(ResumeRecord? record)
    {
        if (record is not null) record = record with { SizeBytes = Disk.SizeBytes };
        Tap.SaveState(record is null ? default(ReadOnlySpan<byte>) : record.Encode(Options.Volume, Disk.Attachment));
        Record = record;
    }

    /// <summary>Takes up what an earlier process left with the tap.</summary>
    public void Load()
    {
        Record = Tap.Description.Continued ? ResumeRecord.Decode(Tap.LoadState(), Options.Volume, Disk.Attachment) : null;
        if (Record?.SizeBytes > Disk.SizeBytes) Record = null;
        LastMark = Math.Max(LastMark, Record is null ? 0 : Math.Max(Record.Sent.Number, Record.Acknowledged.Number));
        if (Record is null) return;
        Tap.CopyKeptTo(Pending);
        if (Record.SizeBytes == Disk.SizeBytes) return;
        // The disk has grown: nothing is known of the new part. It is kept before the record says that the bitmaps cover it.
        long first = Record.SizeBytes / GranuleBytes;
        Pending.Add(first, Pending.Length - first);
        Tap.Keep(Pending);
        Save(Record);
    }
}
