namespace Mirror.Dump.Encryption.Age;

/// <summary>An age key, recipient or file that is not what its format says, or that the keys at hand do not open.</summary>
/// <param name="message">For the administrator; it holds no secret.</param>
public sealed class AgeFormatException(string message) : IOException(message);
