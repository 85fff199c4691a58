namespace Mirror.Core.Store;

/// <summary>
/// What is stored cannot be used as it is, and is left untouched: a record that is damaged or of another version, a missing image,
/// a device that holds something else. Only the administrator can decide.
/// </summary>
public sealed class StoreUnusableException(string message, Exception? inner = null) : IOException(message, inner);
