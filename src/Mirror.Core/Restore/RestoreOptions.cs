namespace Mirror.Core.Restore;

/// <summary>What a restore is told.</summary>
public sealed record RestoreOptions
{
    /// <summary>The volume.</summary>
    public required string Volume { get; init; }

    /// <summary>The server as host:port, for messages.</summary>
    public required string Server { get; init; }

    /// <summary>A snapshot's name; empty for the newest consistent state.</summary>
    public string Snapshot { get; init; } = "";

    /// <summary>Take an image that is no instant of the disk, where there is nothing better.</summary>
    public bool AsItIs { get; init; }

    /// <summary>The longest wait before the next try to connect.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the server may be out of reach, or give nothing, before the restore gives up.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a silent connection is believed to be alive.</summary>
    public TimeSpan Silence { get; init; } = Wire.WireLimits.SilenceLimit;

    /// <summary>How long a server that is alive may leave a request unanswered.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Chunks of a MiB that are compared and fetched at the same time.</summary>
    public int Slots { get; init; } = 16;

    /// <summary>Bytes in one direction after which a new connection is made: the limit of AES-GCM on one key.</summary>
    public long ConnectionBytes { get; init; } = Wire.WireLimits.MaxConnectionBytes;
}
