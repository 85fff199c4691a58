using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Mirror.Cli.Services;

/// <summary>The log of a service: stderr, one line an entry; with times for people, with syslog levels for the journal.</summary>
internal static class Logging
{
    /// <summary>The words of <c>--log-level</c>.</summary>
    public static readonly IReadOnlyDictionary<string, LogLevel> Levels = new Dictionary<string, LogLevel>(StringComparer.Ordinal)
    {
        ["trace"] = LogLevel.Trace,
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warning"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
    };

    /// <summary>Opens the log.</summary>
    public static ILoggerFactory Create(LogLevel least) => LoggerFactory.Create(builder =>
    {
        builder.SetMinimumLevel(least);
        builder.AddConsole(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            // systemd sets this for services whose stderr is the journal, which keeps the time itself.
            console.FormatterName = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is null ? ConsoleFormatterNames.Simple : ConsoleFormatterNames.Systemd;
            // A stopped terminal or a slow journal must not hold up the mirror.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        builder.Services.Configure<SimpleConsoleFormatterOptions>(simple =>
        {
            simple.SingleLine = true;
            simple.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
            simple.UseUtcTimestamp = true;
            simple.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        });
    });

    /// <summary>Reads a level.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static LogLevel Parse(string text) =>
        Levels.TryGetValue(text, out LogLevel level) ? level : throw new FormatException($"'{text}' is no log level. Levels are {string.Join(", ", Levels.Keys)}.");
}
