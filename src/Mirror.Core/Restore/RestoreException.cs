namespace Mirror.Core.Restore;

/// <summary>A restore that cannot go on. The message names the volume, the place and the next step.</summary>
public sealed class RestoreException(string message, Exception? inner = null) : IOException(message, inner);
