namespace Mirror.Core.Boot;

/// <summary>Whether a disk may be taken for unwritten since the last clean stop.</summary>
/// <param name="Unwritten">It may: no scan is needed.</param>
/// <param name="Reason">Why, or why not; for the log.</param>
public readonly record struct BootVerdict(bool Unwritten, string Reason);
