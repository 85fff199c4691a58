using Mirror.Core.Restore;

namespace Mirror.Core.Operations;

/// <summary>What is about to happen: shown to whoever must confirm it.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Source">What the server offers.</param>
/// <param name="Target">What will be overwritten.</param>
/// <param name="Warnings">What should be known before.</param>
public sealed record RestorePlan(string Volume, RestoreSource Source, RestoreTarget Target, IReadOnlyList<string> Warnings);
