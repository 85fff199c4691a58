using Microsoft.Extensions.Logging;

namespace Mirror.Hosting.Settings;

/// <summary>How much is logged, and where to.</summary>
public sealed record LogSettings
{
    /// <summary>How much.</summary>
    public static readonly SettingKey LevelKey = new("log-level");

    /// <summary>Where to.</summary>
    public static readonly SettingKey PathKey = new("log-file");

    /// <summary>The words for levels.</summary>
    public static readonly IReadOnlyDictionary<string, LogLevel> Levels = new Dictionary<string, LogLevel>(StringComparer.Ordinal)
    {
        ["trace"] = LogLevel.Trace,
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warning"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
    };

    /// <summary>The least that is logged.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>The file that is appended to; null for none.</summary>
    public string? Path { get; init; }

    /// <summary>Reads both.</summary>
    /// <exception cref="UsageException">The level is none.</exception>
    public static LogSettings Read(SettingSource source) =>
        new() { Level = source.Convert(LevelKey, Parse) ?? LogLevel.Information, Path = source.Text(PathKey) };

    /// <summary>Reads a level.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static LogLevel Parse(string text) =>
        Levels.TryGetValue(text, out LogLevel level) ? level : throw new FormatException($"'{text}' is no log level. Levels are {string.Join(", ", Levels.Keys)}.");
}
