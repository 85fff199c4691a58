using Mirror.Core.Client;

namespace Mirror.Core.Control;

/// <summary>One line to a control client.</summary>
internal sealed record ControlReply
{
    /// <summary>Whether the request was met.</summary>
    public required bool Ok { get; init; }

    /// <summary>What was wrong, in words for the administrator.</summary>
    public string? Error { get; init; }

    /// <summary>What kind of failure it was, as a number: one that is not known comes from a newer process.</summary>
    public ControlFailure Failure { get; init; }

    /// <summary>What a verify has found.</summary>
    public VerifyResult? Verify { get; init; }

    /// <summary>The volumes asked for (status), or the one that was acted on.</summary>
    public IReadOnlyList<MirrorStatus> Volumes { get; init; } = [];

    /// <summary>The history asked for; with one snapshot, the one that was taken.</summary>
    public SnapshotHistory? History { get; init; }

    /// <summary>What was deleted.</summary>
    public DeletedVolume? Deleted { get; init; }

    /// <summary>The directory of the volume that was released.</summary>
    public string? Directory { get; init; }

    /// <summary>The process that answers; null when it does not say.</summary>
    public MirrorProcess? Process { get; init; }
}
