using Mirror.Core.Control;

namespace Mirror.Core.Operations;

/// <summary>How a wait ended.</summary>
/// <param name="Reached">Whether it came to what was waited for.</param>
/// <param name="Reason">Why not, in words with the next step; null when reached.</param>
/// <param name="Status">The last status seen; null when the volume was never seen.</param>
/// <param name="Failure">Why not, for a face that must name it.</param>
public sealed record WaitResult(bool Reached, string? Reason, MirrorStatus? Status, WaitFailure Failure = WaitFailure.None);
