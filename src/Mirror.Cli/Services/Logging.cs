using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Mirror.Hosting;
using Mirror.Hosting.Settings;

namespace Mirror.Cli.Services;

/// <summary>The log of a service: stderr, one line an entry; with times for people, with syslog levels for the journal.</summary>
internal static class Logging
{
    /// <summary>Opens the log.</summary>
    public static ILoggerFactory Create(LogSettings settings) => LogSetup.Create(settings, builder =>
    {
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
}
