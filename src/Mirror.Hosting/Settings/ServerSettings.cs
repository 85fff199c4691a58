using System.Net;
using Mirror.Core.Security;
using Mirror.Core.Server;
using Mirror.Core.Store;
using Mirror.Dump.Encryption.Age;
using Mirror.Hosting.Archives;

namespace Mirror.Hosting.Settings;

/// <summary>What a server was told, by user, configuration file and environment together.</summary>
public sealed record ServerSettings
{
    /// <summary>The name of the configuration file that is read unasked.</summary>
    public const string UsualFile = "server.conf";

    /// <summary>The directory of the volumes.</summary>
    public static readonly SettingKey StoreKey = new("store", Variable: "DISKMIRROR_STORE");

    /// <summary>Where to listen.</summary>
    public static readonly SettingKey ListenKey = new("listen");

    /// <summary>The port, where the address is given without one.</summary>
    public static readonly SettingKey PortKey = new("port");

    /// <summary>The file with the master secret.</summary>
    public static readonly SettingKey SecretFileKey = new("secret-file", Variable: "DISKMIRROR_SECRET_FILE");

    /// <summary>Images elsewhere.</summary>
    public static readonly SettingKey VolumeKey = new("volume", Repeatable: true);

    /// <summary>What may be overwritten.</summary>
    public static readonly SettingKey ForceKey = new("force", Repeatable: true);

    /// <summary>Scans at the same time.</summary>
    public static readonly SettingKey ScansKey = new("scans");

    /// <summary>Bytes for what has arrived and is not written.</summary>
    public static readonly SettingKey MemoryKey = new("memory");

    /// <summary>The rule of the history of volumes that have none of their own.</summary>
    public static readonly SettingKey SnapshotsKey = new("snapshots");

    /// <summary>The rule of archives of volumes that have none of their own.</summary>
    public static readonly SettingKey ArchivesKey = new("archives");

    /// <summary>The directory of archives.</summary>
    public static readonly SettingKey ArchiveDirectoryKey = new("archive-directory");

    /// <summary>Rules of archives of single volumes.</summary>
    public static readonly SettingKey ArchiveVolumeKey = new("archive-volume", Repeatable: true);

    /// <summary>Whom archives are encrypted to.</summary>
    public static readonly SettingKey ArchiveRecipientKey = new("archive-recipient", Repeatable: true);

    /// <summary>How archives are compressed.</summary>
    public static readonly SettingKey ArchiveCompressKey = new("archive-compress");

    /// <summary>What the server is called among those of this host.</summary>
    public static readonly SettingKey NameKey = new("name");

    /// <summary>The file with the master secret of before, while clients still use theirs.</summary>
    public static readonly SettingKey FormerSecretFileKey = new("former-secret-file");

    /// <summary>Percent of free room below which it is short.</summary>
    public static readonly SettingKey SpaceWarningKey = new("space-warning");

    /// <summary>Percent of free room below which that is critical.</summary>
    public static readonly SettingKey SpaceCriticalKey = new("space-critical");

    /// <summary>Every key of a server.</summary>
    public static IReadOnlyList<SettingKey> Keys { get; } =
        [StoreKey, ListenKey, PortKey, SecretFileKey, VolumeKey, ForceKey, ScansKey, MemoryKey, SnapshotsKey, FormerSecretFileKey, SpaceWarningKey, SpaceCriticalKey, ArchivesKey, ArchiveDirectoryKey, ArchiveVolumeKey, ArchiveRecipientKey, ArchiveCompressKey, NameKey, LogSettings.LevelKey, LogSettings.PathKey];

    /// <summary>What the server is called among those of this host.</summary>
    public required string Name { get; init; }

    /// <summary>The options of the engine, the master secret among them.</summary>
    public required MirrorServerOptions Options { get; init; }

    /// <summary>What is archived by itself; null for nothing.</summary>
    public ArchivePlan? Archives { get; init; }

    /// <summary>The log.</summary>
    public LogSettings Log { get; init; } = new();

    /// <summary>Reads and checks all settings, and the secret's file.</summary>
    /// <exception cref="UsageException">One is missing or wrong.</exception>
    /// <exception cref="SecretException">The secret cannot be used.</exception>
    public static ServerSettings Read(SettingSource source)
    {
        string store = Path.GetFullPath(source.Required(StoreKey));
        string? listen = source.Text(ListenKey) ?? source.Face.Listen;
        IPEndPoint point = HostPort.ParseListen(listen ?? throw source.Missing(ListenKey), source.Whole(PortKey, 0, 65535), source.Face.Port);
        LogSettings log = LogSettings.Read(source);
        Secret master = Master(source.Required(SecretFileKey));
        MirrorServerOptions options = new() { StoreDirectory = store, Listen = point, Master = master, Volumes = Placements(source) };
        if (source.Number(ScansKey, 1, 1000) is { } scans) options = options with { ScansAtOnce = (int)scans };
        if (source.Bytes(MemoryKey, 4L << 20, 1L << 40) is { } memory) options = options with { MemoryBytes = memory };
        if (source.Text(SnapshotsKey) is { } rule) options = options with { Snapshots = Rule(source.Face.Spell(SnapshotsKey.Name), rule, SnapshotRule.Parse) };
        if (source.Text(FormerSecretFileKey) is { } before) options = options with { FormerMaster = Master(before) };
        if (source.Number(SpaceWarningKey, 0, 99) is { } warning) options = options with { SpaceWarningPercent = warning };
        if (source.Number(SpaceCriticalKey, 0, 99) is { } critical) options = options with { SpaceCriticalPercent = critical };
        if (options.SpaceCriticalPercent > options.SpaceWarningPercent && source.Text(SpaceCriticalKey) is not null)
            throw new UsageException($"{source.Face.Spell(SpaceCriticalKey.Name)}: {options.SpaceCriticalPercent} % is more than {source.Face.Spell(SpaceWarningKey.Name)}, which is {options.SpaceWarningPercent} %.");
        string name = source.Text(NameKey) ?? Path.GetFileName(store.TrimEnd('/'));
        if (source.Text(NameKey) is not null && !VolumeName.IsValid(name)) throw new UsageException($"{source.Face.Spell(NameKey.Name)}: '{name}' is no name for a server. Names are made like those of volumes. {VolumeName.Rule}");
        return new ServerSettings { Name = name, Options = options, Archives = Plan(source), Log = log };
    }

    private static Secret Master(string file)
    {
        Secret master = SecretFile.Read(file);
        return master.Kind == SecretKind.Master ? master : throw new UsageException($"{file} holds a {master}. A server needs the master secret: diskmirror secret new --out FILE");
    }

    private static T? Rule<T>(string place, string text, Func<string, T?> parse) where T : class
    {
        try
        {
            return parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException($"{place}: {e.Message}");
        }
    }

    private static ArchivePlan? Plan(SettingSource source)
    {
        string? rule = source.Text(ArchivesKey), directory = source.Text(ArchiveDirectoryKey);
        Dictionary<string, ArchiveRule?> rules = new(StringComparer.Ordinal);
        foreach ((string value, string place) in source.All(ArchiveVolumeKey))
        {
            int equals = value.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !VolumeName.IsValid(value[..equals])) throw new UsageException($"{place}: '{value}' is not VOLUME=RULE.");
            if (!rules.TryAdd(value[..equals], Rule(place, value[(equals + 1)..], ArchiveRule.Parse))) throw new UsageException($"{place}: volume {value[..equals]} has a rule already.");
        }
        if (rule is null && rules.Count == 0) return null;
        return new ArchivePlan
        {
            Directory = Path.GetFullPath(directory ?? throw source.Missing(ArchiveDirectoryKey)),
            Rule = rule is null ? null : Rule(source.Face.Spell(ArchivesKey.Name), rule, ArchiveRule.Parse),
            Rules = rules,
            Recipients = [.. source.All(ArchiveRecipientKey).Select(r => Recipient(r.Value, r.Place))],
            CompressionLevel = ArchiveProtection.Compression(source.Text(ArchiveCompressKey)),
        };
    }

    private static AgeRecipient Recipient(string text, string place)
    {
        try
        {
            return AgeRecipient.Parse(text);
        }
        catch (AgeFormatException e)
        {
            throw new UsageException($"{place}: {e.Message}");
        }
    }

    private static Dictionary<string, VolumePlacement> Placements(SettingSource source)
    {
        Dictionary<string, VolumePlacement> placements = new(StringComparer.Ordinal);
        foreach ((string value, string place) in source.All(VolumeKey))
        {
            int equals = value.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == value.Length - 1) throw new UsageException($"{place}: '{value}' is not NAME=IMAGE_OR_DEVICE.");
            string name = value[..equals];
            if (!VolumeName.IsValid(name)) throw new UsageException($"{place}: '{name}' is not a volume name. {VolumeName.Rule}");
            if (!placements.TryAdd(name, new VolumePlacement(Path.GetFullPath(value[(equals + 1)..])))) throw new UsageException($"{place}: volume {name} has a place already.");
        }
        foreach ((string name, string place) in source.All(ForceKey))
        {
            if (!placements.TryGetValue(name, out VolumePlacement? placement)) throw new UsageException($"{place}: there is no {source.Face.Spell(VolumeKey.Name)} {name}=... to force.");
            placements[name] = placement with { Force = true };
        }
        return placements;
    }
}
