namespace Mirror.Core.Store;

/// <summary>Where the image lies, files cannot be cloned; the message says what to do.</summary>
public sealed class CloneUnsupportedException(string message, Exception? inner = null) : IOException(message, inner);
