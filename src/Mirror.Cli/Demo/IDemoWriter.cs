namespace Mirror.Cli.Demo;

/// <summary>Something that writes to the demo's file system as a real machine would.</summary>
internal interface IDemoWriter
{
    /// <summary>What it has done so far, in a few words.</summary>
    string Done { get; }

    /// <summary>Whether it has done everything it does at least once.</summary>
    bool Begun { get; }

    /// <summary>Writes until cancelled, and returns then.</summary>
    Task RunAsync(CancellationToken stop);
}
