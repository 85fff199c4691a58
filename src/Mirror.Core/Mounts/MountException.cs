namespace Mirror.Core.Mounts;

/// <summary>An image cannot be mounted, or a mount cannot be ended. The message names it and the next step.</summary>
public sealed class MountException(string message, Exception? inner = null) : IOException(message, inner);
