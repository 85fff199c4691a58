using Mirror.Core.Control;

namespace Mirror.Core.Operations;

/// <summary>What a wait is for.</summary>
/// <param name="State">The state that must be reached.</param>
/// <param name="Idle">Also, that everything written before the wait began is committed and nothing waits; only with <see cref="MirrorState.Live"/>.</param>
public sealed record WaitGoal(MirrorState State = MirrorState.Live, bool Idle = false);
