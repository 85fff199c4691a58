namespace Mirror.Core.Files;

/// <summary>An extended attribute.</summary>
/// <param name="Name">Its full name.</param>
/// <param name="Value">Its value, ACLs in Linux's exchange form.</param>
public sealed record TargetAttribute(string Name, ReadOnlyMemory<byte> Value);
