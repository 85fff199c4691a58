namespace Mirror.Core.Client;

/// <summary>A mark's number and the random value that tells it from a mark of the same number in another history.</summary>
public readonly record struct MarkId(ulong Number, ulong Random);
