using Mirror.Core.Security;

namespace Mirror.Core.Operations;

/// <summary>What a restore is asked for.</summary>
public sealed record RestoreRequest
{
    /// <summary>The volume.</summary>
    public required string Volume { get; init; }

    /// <summary>The server's name or address.</summary>
    public required string Host { get; init; }

    /// <summary>The server's port.</summary>
    public required int Port { get; init; }

    /// <summary>A secret with right <c>restore</c> for the volume, or the master.</summary>
    public required Secret Secret { get; init; }

    /// <summary>The disk or file to overwrite: a path, or a number or name of the disk listing.</summary>
    public required string Target { get; init; }

    /// <summary>A snapshot's name; null for the newest consistent state.</summary>
    public string? Snapshot { get; init; }

    /// <summary>Take an image that was never consistent, where there is nothing better.</summary>
    public bool AsItIs { get; init; }

    /// <summary>Ask to confirm also where nothing is overwritten, because the answer may be that nothing is to be done at all.</summary>
    public bool AskAlways { get; init; }
}
