namespace Mirror.Core.Store;

/// <summary>The storage under a volume has no room (ENOSPC, EDQUOT). Heals by itself when there is room again.</summary>
public sealed class StoreFullException(string message, Exception? inner = null) : IOException(message, inner);
