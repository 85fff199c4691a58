namespace Mirror.Core.Disks;

/// <summary>The disk or file that a restore writes to failed, or may not be used. The message names it and the next step.</summary>
public sealed class TargetException(string message, Exception? inner = null) : IOException(message, inner);
