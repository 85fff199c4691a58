using Mirror.Driver.Taps;

namespace Mirror.Cli.Services;

/// <summary>What <c>diskmirror client</c> was told, by command line and configuration file together.</summary>
internal sealed record ClientSettings
{
    /// <summary>A path, or a number of the listing.</summary>
    public required string Disk { get; init; }

    /// <summary>The server's name or address.</summary>
    public required string Host { get; init; }

    /// <summary>The server's port.</summary>
    public required int Port { get; init; }

    /// <summary>The volume's name.</summary>
    public required string Volume { get; init; }

    /// <summary>The file with the secret.</summary>
    public required string SecretFile { get; init; }

    /// <summary>Which tap.</summary>
    public TapChoice Tap { get; init; }

    /// <summary>Bytes a second over the wire; 0 for no limit.</summary>
    public long SendLimit { get; init; }

    /// <summary>Bytes a second from the disk; 0 for no limit.</summary>
    public long ReadLimit { get; init; }

    /// <summary>Bytes of a granule; 0 lets the disk's size decide.</summary>
    public int GranuleBytes { get; init; }

    /// <summary>Time between marks.</summary>
    public TimeSpan MarkInterval { get; init; }

    /// <summary>Time between scans with the rescan-only tap.</summary>
    public TimeSpan RescanInterval { get; init; }

    /// <summary>Bytes of the tap's ring; null for its own choice.</summary>
    public long? RingBytes { get; init; }

    /// <summary>Records without data that may wait; null for the tap's own choice.</summary>
    public long? RingRecords { get; init; }

    /// <summary>Where the client's id is kept.</summary>
    public required string StateDirectory { get; init; }
}
