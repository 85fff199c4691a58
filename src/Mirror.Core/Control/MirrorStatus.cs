using System.Text.Json.Serialization;
using Mirror.Core.Client;
using Mirror.Core.Taps;

namespace Mirror.Core.Control;

/// <summary>
/// What one end of one volume is doing, at one moment. This is what <c>diskmirror status --json</c> prints and what scripts and
/// monitoring read: names and units stay as they are, fields are only added.
/// </summary>
public sealed record MirrorStatus
{
    /// <summary>Which end this is.</summary>
    [JsonConverter(typeof(KebabCaseEnumConverter<MirrorRole>))]
    public required MirrorRole Role { get; init; }

    /// <summary>The volume's name.</summary>
    public required string Volume { get; init; }

    /// <summary>On the client the path of the disk, on the server the path of the image.</summary>
    public required string Disk { get; init; }

    /// <summary>The other end as host:port; null on a server that no client is connected to.</summary>
    public string? Peer { get; init; }

    /// <summary>The state; on a server what its client last said, <see cref="MirrorState.NoConn"/> without one.</summary>
    [JsonConverter(typeof(NamedEnumConverter<MirrorState>))]
    public required MirrorState State { get; init; }

    /// <summary>When <see cref="State"/> was entered; null when not known.</summary>
    public DateTimeOffset? StateSince { get; init; }

    /// <summary>What the tap delivers now; on a server what its client last said.</summary>
    [JsonConverter(typeof(NamedEnumConverter<TapRate>))]
    public TapRate Rate { get; init; }

    /// <summary>How writes are seen; null on a server.</summary>
    [JsonConverter(typeof(KebabCaseEnumConverter<TapKind>))]
    public TapKind? Tap { get; init; }

    /// <summary>Why the tap is not a better one; null when nothing is lacking.</summary>
    public string? TapReason { get; init; }

    /// <summary>Bytes of the disk; 0 while a server does not know it yet.</summary>
    public long SizeBytes { get; init; }

    /// <summary>How far the scan under way, or else the last one, has come, in bytes from the start of the disk.</summary>
    public long ScannedBytes { get; init; }

    /// <summary>Scans begun since the process started. A resumed one is not counted again.</summary>
    public long Scans { get; init; }

    /// <summary>Bytes that must still be read from the disk and sent.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Bytes waiting in the tap's ring and in the send queue; on a server: received and not yet applied.</summary>
    public long QueuedBytes { get; init; }

    /// <summary>Bytes sent to the peer since the process started, before encryption.</summary>
    public long SentBytes { get; init; }

    /// <summary>Bytes received from the peer since the process started, before encryption.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>The last mark that the server has on stable storage; 0 before the first.</summary>
    public long CommittedMark { get; init; }

    /// <summary>Milliseconds since the oldest write that is not committed completed (to the precision of marks); 0 when all are committed.</summary>
    public long OldestUncommittedMilliseconds { get; init; }

    /// <summary>Whether the image at the last committed mark is the disk at one instant of its write order.</summary>
    public bool Consistent { get; init; }

    /// <summary>Seconds since the last consistent mark was committed; null when there never was one.</summary>
    public double? ConsistentAgeSeconds { get; init; }

    /// <summary>Seconds since the last scan began of which everything is committed (the image has what was on the disk then, or newer); null when there was none since the process started. What a volume
    /// with the rescan-only tap is judged by.</summary>
    public double? ScanAgeSeconds { get; init; }

    /// <summary>How often the rate fell to Off since the tap was attached.</summary>
    public long OffEpisodes { get; init; }

    /// <summary>How often the tap's sums and the kernel's statistics disagreed; everything in doubt was read again.</summary>
    public long Holes { get; init; }

    /// <summary>Commands that may have changed the disk without the tap knowing where (pass-through).</summary>
    public long UntrackedCommands { get; init; }

    /// <summary>Connections made (client) or accepted for this volume (server) since the process started.</summary>
    public long Connections { get; init; }

    /// <summary>The last thing that went wrong and has not healed, in words with the next step; null when all is well.</summary>
    public string? LastError { get; init; }

    /// <summary>What the volume waits for, as the command to give (<c>adopt</c>, <c>adopt --replace</c>); null when it needs nobody.</summary>
    public string? Needs { get; init; }

    /// <summary>The process.</summary>
    public int Pid { get; init; } = Environment.ProcessId;

    /// <summary>When this mirror was started in the process.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Bytes that one dirty bit stands for; 0 when not known.</summary>
    public int GranuleBytes { get; init; }

    /// <summary>Bytes of unswappable kernel memory that ring and bitmaps take; 0 on a server.</summary>
    public long KernelBytes { get; init; }

    /// <summary>Bytes a second that go over the connection now, averaged over a few seconds; while scanning, bytes of disk compared a second.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Seconds until the scan or the catch-up ends at the present speed; null when that cannot be said, for instance because
    /// the writer is faster than the link.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>Whether pending grows although the client sends at full speed: the writer is faster than the link.</summary>
    public bool Behind { get; init; }

    /// <summary>How far the verify under way is; null when there is none.</summary>
    public VerifyProgress? Verify { get; init; }

    /// <summary>What the last verify since the process started has found; null when there was none.</summary>
    public VerifySummary? LastVerify { get; init; }

    /// <summary>Which disk the volume belongs to, in words; null when not known yet.</summary>
    public string? Identity { get; init; }

    /// <summary>Bytes of storage that the image takes; null on a client.</summary>
    public long? ImageBytes { get; init; }

    /// <summary>The last consistent mark that the image, read as a file or device, has shown; null on a client. When it is below the last consistent
    /// mark, what is newer is still in the journal or kept aside.</summary>
    public long? ImageMark { get; init; }

    /// <summary>How many readers (restores, mounts, clones) hold the image still at present; null on a client.</summary>
    public int? ImageReaders { get; init; }

    /// <summary>Snapshots in the volume's history; null on a client, or while not known.</summary>
    public int? Snapshots { get; init; }

    /// <summary>When the newest snapshot was taken; null when there is none.</summary>
    public DateTimeOffset? SnapshotTaken { get; init; }

    /// <summary>How long the last clone for a snapshot took; null when there is none.</summary>
    public long? CloneMilliseconds { get; init; }

    /// <summary>When the newest archive by the rule was begun; null on a client, or when there is none.</summary>
    public DateTimeOffset? ArchiveTaken { get; init; }

    /// <summary>The level of that archive.</summary>
    public int? ArchiveLevel { get; init; }

    /// <summary>Bytes that are free where the image lies; null on a client, for a block device, or while not known.</summary>
    public long? StoreFreeBytes { get; init; }

    /// <summary>Bytes of the file system in which the image lies; null as <see cref="StoreFreeBytes"/>.</summary>
    public long? StoreSizeBytes { get; init; }

    /// <summary>Whether room becomes short there, by the server's thresholds.</summary>
    [JsonConverter(typeof(KebabCaseEnumConverter<SpaceLevel>))]
    public SpaceLevel StoreSpace { get; init; }

    /// <summary>Bytes of the server's memory for payloads that are in use, by all its volumes together; null on a client.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The most that <see cref="MemoryBytes"/> may be; null on a client.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>Whether the client that is connected still uses a secret of the former master; null on a client, or without one.</summary>
    public bool? FormerSecret { get; init; }

    /// <summary>Live, with nothing pending, queued or uncommitted. For display; to know that earlier writes are safe use
    /// <see cref="IMirrorRole.WaitIdleAsync"/>, because a snapshot may be older than a write.</summary>
    [JsonIgnore]
    public bool IsIdle => State == MirrorState.Live && PendingBytes == 0 && QueuedBytes == 0 && OldestUncommittedMilliseconds == 0;
}
