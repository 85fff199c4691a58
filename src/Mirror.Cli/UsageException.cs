namespace Mirror.Cli;

/// <summary>The command line or a configuration file asks for something that cannot be; the message says what and where.</summary>
internal sealed class UsageException(string message) : Exception(message);
