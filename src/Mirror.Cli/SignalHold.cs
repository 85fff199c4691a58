namespace Mirror.Cli;

/// <summary>While one is held, a second signal does not end the process: it is cleaning up what the first one interrupted.</summary>
internal sealed class SignalHold : IDisposable
{
    private static int held;

    private SignalHold() => Interlocked.Increment(ref held);

    /// <summary>Whether signals are held off.</summary>
    public static bool IsHeld => Volatile.Read(ref held) > 0;

    /// <summary>Holds signals off until disposed.</summary>
    public static SignalHold Begin() => new();

    public void Dispose() => Interlocked.Decrement(ref held);
}
