using Mirror.Core.Disks;
using Mirror.Core.Security;
using Mirror.Driver.Taps;

namespace Mirror.Hosting.Settings;

/// <summary>What a client was told, by user, configuration file and environment together.</summary>
public sealed record ClientSettings
{
    /// <summary>The name of the configuration file that is read unasked.</summary>
    public const string UsualFile = "client.conf";

    /// <summary>The disk: a path, or a number of the listing.</summary>
    public static readonly SettingKey DiskKey = new("disk");

    /// <summary>The server as host:port.</summary>
    public static readonly SettingKey ServerKey = new("server", Variable: "DISKMIRROR_SERVER");

    /// <summary>The server's port, where the server is given without one.</summary>
    public static readonly SettingKey PortKey = new("port");

    /// <summary>The volume's name.</summary>
    public static readonly SettingKey VolumeKey = new("volume", Variable: "DISKMIRROR_VOLUME");

    /// <summary>The file with the secret.</summary>
    public static readonly SettingKey SecretFileKey = new("secret-file", Variable: "DISKMIRROR_SECRET_FILE");

    /// <summary>Which tap.</summary>
    public static readonly SettingKey TapKey = new("tap");

    /// <summary>Bytes a second over the wire.</summary>
    public static readonly SettingKey LimitKey = new("limit");

    /// <summary>Bytes a second from the disk.</summary>
    public static readonly SettingKey ReadLimitKey = new("read-limit");

    /// <summary>Bytes of a granule.</summary>
    public static readonly SettingKey GranuleKey = new("granule");

    /// <summary>Seconds between marks.</summary>
    public static readonly SettingKey MarkIntervalKey = new("mark-interval");

    /// <summary>Seconds between scans with the rescan-only tap.</summary>
    public static readonly SettingKey RescanIntervalKey = new("rescan-interval");

    /// <summary>Seconds between verifies.</summary>
    public static readonly SettingKey VerifyIntervalKey = new("verify-interval");

    /// <summary>Bytes a second that a verify by the schedule reads.</summary>
    public static readonly SettingKey VerifyLimitKey = new("verify-limit");

    /// <summary>Bytes of the ring.</summary>
    public static readonly SettingKey RingKey = new("ring");

    /// <summary>Writes without data that may wait.</summary>
    public static readonly SettingKey RingRecordsKey = new("ring-records");

    /// <summary>Where the client's id is kept.</summary>
    public static readonly SettingKey StateDirectoryKey = new("state-dir");

    /// <summary>Every key of a client.</summary>
    public static IReadOnlyList<SettingKey> Keys { get; } =
    [
        DiskKey, ServerKey, PortKey, VolumeKey, SecretFileKey, TapKey, LimitKey, ReadLimitKey, GranuleKey, MarkIntervalKey, RescanIntervalKey, VerifyIntervalKey, VerifyLimitKey, RingKey, RingRecordsKey,
        StateDirectoryKey, LogSettings.LevelKey, LogSettings.PathKey,
    ];

    /// <summary>A path, or a number of the listing.</summary>
    public required string Disk { get; init; }

    /// <summary>The server's name or address.</summary>
    public required string Host { get; init; }

    /// <summary>The server's port.</summary>
    public required int Port { get; init; }

    /// <summary>The volume's name; null to let secret and disk decide (<see cref="VolumeChoice"/>).</summary>
    public string? Volume { get; init; }

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
    public TimeSpan MarkInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Time between scans with the rescan-only tap.</summary>
    public TimeSpan RescanInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time between verifies; zero for none.</summary>
    public TimeSpan VerifyInterval { get; init; }

    /// <summary>Bytes a second that such a verify reads; 0 for its default.</summary>
    public long VerifyLimit { get; init; }

    /// <summary>Bytes of the tap's ring; null for its own choice.</summary>
    public long? RingBytes { get; init; }

    /// <summary>Records without data that may wait; null for the tap's own choice.</summary>
    public long? RingRecords { get; init; }

    /// <summary>Where the client's id is kept.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>The log.</summary>
    public LogSettings Log { get; init; } = new();

    /// <summary>The server as host:port.</summary>
    public string Server => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Reads and checks all settings. Touches nothing.</summary>
    /// <exception cref="UsageException">One is missing or wrong.</exception>
    public static ClientSettings Read(SettingSource source)
    {
        string disk = source.Required(DiskKey);
        (string host, int port) = HostPort.Parse(source.Required(ServerKey), source.Whole(PortKey, 1, 65535), source.Face.Port);
        string? volume = source.Face.Port is null ? source.Required(VolumeKey) : source.Text(VolumeKey);
        if (volume is not null && !VolumeName.IsValid(volume)) throw new UsageException($"'{volume}' is not a volume name. {VolumeName.Rule}");
        return new ClientSettings
        {
            Disk = disk,
            Host = host,
            Port = port,
            Volume = volume,
            SecretFile = source.Required(SecretFileKey),
            Tap = source.Convert(TapKey, ParseTap) ?? TapChoice.Auto,
            SendLimit = source.Bytes(LimitKey, 4096, long.MaxValue) ?? 0,
            ReadLimit = source.Bytes(ReadLimitKey, 4096, long.MaxValue) ?? 0,
            GranuleBytes = (int)(source.PowerOfTwo(GranuleKey, 4096, 1 << 20) ?? 0),
            MarkInterval = TimeSpan.FromSeconds(source.Number(MarkIntervalKey, 0.01, 60) ?? 1),
            RescanInterval = TimeSpan.FromSeconds(source.Number(RescanIntervalKey, 1, 1e8) ?? 3600),
            VerifyInterval = TimeSpan.FromSeconds(source.Number(VerifyIntervalKey, 1, 1e8) ?? 0),
            VerifyLimit = source.Bytes(VerifyLimitKey, 4096, long.MaxValue) ?? 0,
            RingBytes = source.PowerOfTwo(RingKey, 1 << 20, 1L << 30),
            RingRecords = (long?)source.Number(RingRecordsKey, 64, 1 << 24),
            StateDirectory = source.Text(StateDirectoryKey) ?? StateFiles.DefaultDirectory,
            Log = LogSettings.Read(source),
        };
    }

    /// <summary>
    /// The volume's name where nobody gave one: that of a client's secret, which opens no other; with the master, this host's name and the
    /// disk's serial number, which stays with the disk when its path does not (its kernel name for want of one).
    /// </summary>
    internal string VolumeChoice(Secret secret, HostDisk? disk)
    {
        if (Volume is not null) return Volume;
        if (secret.Volume is { } own) return own;
        string what = disk is null ? Path.GetFileName(Disk) : (disk.Serial, disk.PartitionUuid) switch
        {
            (_, { } uuid) when disk.PartitionNumber is not null => uuid,
            ({ } serial, _) when disk.PartitionNumber is null => serial,
            _ => disk.Name,
        };
        string name = string.Concat($"{Environment.MachineName.Split('.')[0]}-{what}".ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-')).TrimStart('-', '.', '_');
        name = name.Length <= VolumeName.MaxLength ? name : name[..VolumeName.MaxLength];
        return VolumeName.IsValid(name) ? name : throw new UsageException($"No name for the volume follows from disk {Disk}. Give one.");
    }

    private static TapChoice ParseTap(string text) => text switch
    {
        "auto" => TapChoice.Auto,
        "ebpf" => TapChoice.Ebpf,
        "rescan-only" => TapChoice.RescanOnly,
        _ => throw new FormatException($"'{text}' is no tap. Taps are auto, ebpf and rescan-only."),
    };
}
