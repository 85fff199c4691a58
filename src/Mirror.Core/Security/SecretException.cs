namespace Mirror.Core.Security;

/// <summary>A secret cannot be used: malformed, mistyped, weak, readable by others, or for something else. The message never holds the secret.</summary>
public sealed class SecretException(string message) : Exception(message);
