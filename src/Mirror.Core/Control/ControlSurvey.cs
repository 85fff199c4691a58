namespace Mirror.Core.Control;

/// <summary>What was found running on this host.</summary>
/// <param name="Volumes">Every end of every volume, by volume, the client's end first.</param>
/// <param name="Unresponsive">One line for each process that is there and does not answer.</param>
public sealed record ControlSurvey(IReadOnlyList<MirrorStatus> Volumes, IReadOnlyList<string> Unresponsive)
{
    /// <summary>The servers that run, also those without a volume yet, by name.</summary>
    public IReadOnlyList<MirrorProcess> Servers { get; init; } = [];
}
