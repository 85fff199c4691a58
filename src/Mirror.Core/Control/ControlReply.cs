namespace Mirror.Core.Control;

/// <summary>One line to a control client.</summary>
internal sealed record ControlReply
{
    /// <summary>Whether the request was met.</summary>
    public required bool Ok { get; init; }

    /// <summary>What was wrong, in words for the administrator.</summary>
    public string? Error { get; init; }

    /// <summary>The volumes asked for (status), or the one that was acted on.</summary>
    public IReadOnlyList<MirrorStatus> Volumes { get; init; } = [];
}
