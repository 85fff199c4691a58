namespace Mirror.Hosting;

/// <summary>What this process hosts. When it ends by itself, clients get a clean end and their taps go on marking.</summary>
internal static class HostedMirrors
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);
    private static readonly Lock Gate = new();
    private static readonly List<HostedMirror> Running = []; // guarded by Gate

    /// <summary>Those that run now.</summary>
    public static IReadOnlyList<HostedMirror> All
    {
        get
        {
            lock (Gate) return [.. Running];
        }
    }

    public static void Add(HostedMirror mirror)
    {
        lock (Gate)
        {
            if (Running.Count == 0) AppDomain.CurrentDomain.ProcessExit += OnExit;
            Running.Add(mirror);
        }
    }

    public static void Remove(HostedMirror mirror)
    {
        lock (Gate)
        {
            Running.Remove(mirror);
            if (Running.Count == 0) AppDomain.CurrentDomain.ProcessExit -= OnExit;
        }
    }

    /// <summary>Ends all of them as a signal would, and waits a few seconds at most.</summary>
    public static void StopAll()
    {
        HostedMirror[] all = [.. All];
        foreach (HostedMirror mirror in all) _ = Task.Run(mirror.ShutdownAsync);
        // A failure of one is in its log; nobody is left to be told.
        Task.WhenAny(Task.WhenAll(all.Select(m => m.Completion)), Task.Delay(Farewell)).Wait();
    }

    private static void OnExit(object? sender, EventArgs e) => StopAll();
}
