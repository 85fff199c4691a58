namespace Mirror.Core.Client;

/// <summary>How one disk is mirrored.</summary>
public sealed record MirrorClientOptions
{
    /// <summary>The volume's name at the server.</summary>
    public required string Volume { get; init; }

    /// <summary>The server as host:port, for messages and status.</summary>
    public required string Server { get; init; }

    /// <summary>A random id of this client, the same at every start.</summary>
    public required Guid ClientId { get; init; }

    /// <summary>This host's name, for the server's status.</summary>
    public string HostName { get; init; } = "";

    /// <summary>Bytes a second that are sent at most; 0 for no limit.</summary>
    public long SendLimit { get; init; }

    /// <summary>Bytes a second that are read from the disk at most; 0 for no limit.</summary>
    public long ReadLimit { get; init; }

    /// <summary>Time between marks.</summary>
    public TimeSpan MarkInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes sent after which a mark comes earlier.</summary>
    public long MarkBytes { get; init; } = 64 << 20;

    /// <summary>The longest wait before the next try to connect.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Time between scans where the tap cannot see writes.</summary>
    public TimeSpan RescanInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time between verifies that the client makes by itself; zero for none.</summary>
    public TimeSpan VerifyInterval { get; init; }

    /// <summary>Bytes a second that such a verify reads at most; 0 for its default.</summary>
    public long VerifyLimit { get; init; }

    /// <summary>How long a silent connection is believed to be alive.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Disk reads under way at once, of up to a MiB each.</summary>
    public int ReadSlots { get; init; } = 16;

    /// <summary>Bytes in one direction after which a new connection is made: the limit of AES-GCM on one key.</summary>
    public long ConnectionBytes { get; init; } = 256L << 30;

    /// <summary>For the control experiment in tests only: ignore the sums, so that skipped completions are lost.</summary>
    internal bool IgnoreSums { get; init; }
}
