using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Taps;

namespace Mirror.Core.Operations;

/// <summary>
/// One end of one volume as it is when it is looked at: what is older than a second is asked for again, once for all ends that were found
/// together. When it does not run any more, what was last seen stays, and <see cref="IsRunning"/> says so.
/// </summary>
public sealed class LiveStatus
{
    private readonly LiveSurvey survey;
    private MirrorStatus last;

    internal LiveStatus(LiveSurvey survey, MirrorStatus first)
    {
        this.survey = survey;
        last = first;
    }

    /// <summary>Whether it still ran when it was last asked for.</summary>
    public bool IsRunning => survey.Find(last) is not null;

    /// <summary>The end and volume.</summary>
    public string Volume => last.Volume;

    /// <inheritdoc cref="MirrorStatus.Role"/>
    public MirrorRole Role => last.Role;

    /// <inheritdoc cref="MirrorStatus.State"/>
    public MirrorState State => Now.State;

    /// <inheritdoc cref="MirrorStatus.Rate"/>
    public TapRate Rate => Now.Rate;

    /// <inheritdoc cref="StatusText.Progress"/>
    public string Progress => StatusText.Progress(Now);

    /// <inheritdoc cref="StatusText.Waiting"/>
    public string Waiting => StatusText.Waiting(Now);

    /// <inheritdoc cref="StatusText.Speed"/>
    public string Speed => StatusText.Speed(Now);

    /// <inheritdoc cref="StatusText.Age"/>
    public string ImageAge => StatusText.Age(Now);

    /// <inheritdoc cref="MirrorStatus.Disk"/>
    public string Disk => Now.Disk;

    /// <inheritdoc cref="MirrorStatus.Peer"/>
    public string? Peer => Now.Peer;

    /// <inheritdoc cref="MirrorStatus.StateSince"/>
    public DateTimeOffset? StateSince => Now.StateSince;

    /// <inheritdoc cref="MirrorStatus.Tap"/>
    public TapKind? Tap => Now.Tap;

    /// <inheritdoc cref="MirrorStatus.TapReason"/>
    public string? TapReason => Now.TapReason;

    /// <inheritdoc cref="MirrorStatus.SizeBytes"/>
    public long SizeBytes => Now.SizeBytes;

    /// <inheritdoc cref="MirrorStatus.ScannedBytes"/>
    public long ScannedBytes => Now.ScannedBytes;

    /// <inheritdoc cref="MirrorStatus.Scans"/>
    public long Scans => Now.Scans;

    /// <inheritdoc cref="MirrorStatus.PendingBytes"/>
    public long PendingBytes => Now.PendingBytes;

    /// <inheritdoc cref="MirrorStatus.QueuedBytes"/>
    public long QueuedBytes => Now.QueuedBytes;

    /// <inheritdoc cref="MirrorStatus.SentBytes"/>
    public long SentBytes => Now.SentBytes;

    /// <inheritdoc cref="MirrorStatus.ReceivedBytes"/>
    public long ReceivedBytes => Now.ReceivedBytes;

    /// <inheritdoc cref="MirrorStatus.CommittedMark"/>
    public long CommittedMark => Now.CommittedMark;

    /// <inheritdoc cref="MirrorStatus.OldestUncommittedMilliseconds"/>
    public long OldestUncommittedMilliseconds => Now.OldestUncommittedMilliseconds;

    /// <inheritdoc cref="MirrorStatus.Consistent"/>
    public bool Consistent => Now.Consistent;

    /// <inheritdoc cref="MirrorStatus.ConsistentAgeSeconds"/>
    public double? ConsistentAgeSeconds => Now.ConsistentAgeSeconds;

    /// <inheritdoc cref="MirrorStatus.ScanAgeSeconds"/>
    public double? ScanAgeSeconds => Now.ScanAgeSeconds;

    /// <inheritdoc cref="MirrorStatus.OffEpisodes"/>
    public long OffEpisodes => Now.OffEpisodes;

    /// <inheritdoc cref="MirrorStatus.Holes"/>
    public long Holes => Now.Holes;

    /// <inheritdoc cref="MirrorStatus.UntrackedCommands"/>
    public long UntrackedCommands => Now.UntrackedCommands;

    /// <inheritdoc cref="MirrorStatus.Connections"/>
    public long Connections => Now.Connections;

    /// <inheritdoc cref="MirrorStatus.LastError"/>
    public string? LastError => Now.LastError;

    /// <inheritdoc cref="MirrorStatus.Needs"/>
    public string? Needs => Now.Needs;

    /// <inheritdoc cref="MirrorStatus.Pid"/>
    public int ProcessId => Now.Pid;

    /// <inheritdoc cref="MirrorStatus.Since"/>
    public DateTimeOffset? Since => Now.Since;

    /// <inheritdoc cref="MirrorStatus.GranuleBytes"/>
    public int GranuleBytes => Now.GranuleBytes;

    /// <inheritdoc cref="MirrorStatus.KernelBytes"/>
    public long KernelBytes => Now.KernelBytes;

    /// <inheritdoc cref="MirrorStatus.BytesPerSecond"/>
    public long BytesPerSecond => Now.BytesPerSecond;

    /// <inheritdoc cref="MirrorStatus.SecondsLeft"/>
    public double? SecondsLeft => Now.SecondsLeft;

    /// <inheritdoc cref="MirrorStatus.Behind"/>
    public bool Behind => Now.Behind;

    /// <inheritdoc cref="MirrorStatus.Identity"/>
    public string? Identity => Now.Identity;

    /// <inheritdoc cref="MirrorStatus.ImageBytes"/>
    public long? ImageBytes => Now.ImageBytes;

    /// <inheritdoc cref="MirrorStatus.Verify"/>
    public VerifyProgress? Verify => Now.Verify;

    /// <inheritdoc cref="MirrorStatus.LastVerify"/>
    public VerifySummary? LastVerify => Now.LastVerify;

    /// <inheritdoc cref="MirrorStatus.ImageMark"/>
    public long? ImageMark => Now.ImageMark;

    /// <inheritdoc cref="MirrorStatus.ImageReaders"/>
    public int? ImageReaders => Now.ImageReaders;

    /// <inheritdoc cref="MirrorStatus.Snapshots"/>
    public int? Snapshots => Now.Snapshots;

    /// <inheritdoc cref="MirrorStatus.SnapshotTaken"/>
    public DateTimeOffset? SnapshotTaken => Now.SnapshotTaken;

    /// <inheritdoc cref="MirrorStatus.ArchiveTaken"/>
    public DateTimeOffset? ArchiveTaken => Now.ArchiveTaken;

    /// <inheritdoc cref="MirrorStatus.ArchiveLevel"/>
    public int? ArchiveLevel => Now.ArchiveLevel;

    /// <inheritdoc cref="MirrorStatus.CloneMilliseconds"/>
    public long? CloneMilliseconds => Now.CloneMilliseconds;

    /// <inheritdoc cref="MirrorStatus.StoreFreeBytes"/>
    public long? StoreFreeBytes => Now.StoreFreeBytes;

    /// <inheritdoc cref="MirrorStatus.StoreSizeBytes"/>
    public long? StoreSizeBytes => Now.StoreSizeBytes;

    /// <inheritdoc cref="MirrorStatus.StoreSpace"/>
    public SpaceLevel StoreSpace => Now.StoreSpace;

    /// <inheritdoc cref="MirrorStatus.MemoryBytes"/>
    public long? MemoryBytes => Now.MemoryBytes;

    /// <inheritdoc cref="MirrorStatus.MemoryLimitBytes"/>
    public long? MemoryLimitBytes => Now.MemoryLimitBytes;

    /// <inheritdoc cref="MirrorStatus.FormerSecret"/>
    public bool? FormerSecret => Now.FormerSecret;

    private MirrorStatus Now => last = survey.Find(last) ?? last;

    /// <summary>What it is now, and stays.</summary>
    public MirrorStatus Snapshot() => Now;

    /// <inheritdoc/>
    public override string ToString() => $"{Volume}: {StatusText.Line(Now)}";
}
