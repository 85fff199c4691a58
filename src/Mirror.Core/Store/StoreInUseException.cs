namespace Mirror.Core.Store;

/// <summary>Another process holds the volume or its image.</summary>
public sealed class StoreInUseException(string message, Exception? inner = null) : IOException(message, inner);
