namespace Mirror.Driver.Taps;

/// <summary>Whether the writes of a disk can be tapped (the column CanTap of <c>diskmirror disks</c>).</summary>
/// <param name="CanTap">Whether they can.</param>
/// <param name="Reason">Why not, in words for the administrator; null when they can.</param>
public sealed record TapExamination(bool CanTap, string? Reason);
