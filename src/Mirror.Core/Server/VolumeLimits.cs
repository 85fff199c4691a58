using Mirror.Core.Blocks;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>Bounds and times of a volume's connection. The defaults are the product's; tests shorten the times.</summary>
internal sealed record VolumeLimits
{
    /// <summary>Buffers for the payloads of WRITEs (1 MiB each): what may be received and not be applied, as far as the server's memory goes.</summary>
    public int PayloadBuffers { get; init; } = 8;

    /// <summary>The largest payload of which several share a buffer.</summary>
    public int SmallPayload { get; init; } = 64 << 10;

    /// <summary>Messages that may be received and not be applied.</summary>
    public int QueuedMessages { get; init; } = 1024;

    /// <summary>Threads that hash for one connection.</summary>
    public int HashWorkers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>How often ALIVE is sent.</summary>
    public TimeSpan AliveInterval { get; init; } = WireLimits.AliveInterval;

    /// <summary>How long a client may be silent, or not take what is sent.</summary>
    public TimeSpan Silence { get; init; } = WireLimits.SilenceLimit;

    /// <summary>How long a client may take to say IDENTIFY.</summary>
    public TimeSpan Identify { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new connection waits for the old one's writes to end before it is told to come again.</summary>
    public TimeSpan Fence { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long a client may take to receive a refusal.</summary>
    public TimeSpan Goodbye { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Restores that may read one volume at once.</summary>
    public int RestoresAtOnce { get; init; } = 2;

    /// <summary>How long a refused client is shown in status.</summary>
    public TimeSpan RefusalShown { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Room that a full store must have again before clients are taken, in bytes.</summary>
    public long RoomNeeded { get; init; } = 4 * Units.ChunkBytes;

    /// <summary>Bytes of a volume's journal when it is made; 0 for what suits the volume.</summary>
    public long JournalBytes { get; init; }

    /// <summary>How often it is looked whether a snapshot is due.</summary>
    public TimeSpan HistoryInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How old a snapshot must be that a program took for itself, before it is removed when nobody holds it: within this time its taker has opened it.</summary>
    public TimeSpan PassingSnapshotAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often the room of the store is looked at.</summary>
    public TimeSpan SpaceInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the server waits before it goes round its images again and hashes what has no tag.</summary>
    public TimeSpan TagRound { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>When a client of a full or failed store may come again, in seconds.</summary>
    public int StoreRetrySeconds { get; init; } = 10;

    /// <summary>How long a client waits in line for its scan, connected, before it is told to come again.</summary>
    public TimeSpan ScanLine { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>When a client that finds too many scanning may come again, in seconds.</summary>
    public int BusyRetrySeconds { get; init; } = 15;
}
