namespace Mirror.Core.Fakes;

/// <summary>The process died here: nothing after this point has happened.</summary>
public sealed class FakeCrashException() : Exception("The process is killed here.");
