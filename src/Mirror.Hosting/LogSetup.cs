using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting;

/// <summary>Opens the log of a hosted mirror.</summary>
public static class LogSetup
{
    /// <summary>Opens it.</summary>
    /// <param name="settings">How much, and the file.</param>
    /// <param name="also">Where else it goes; null for nowhere.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static ILoggerFactory Create(LogSettings settings, Action<ILoggingBuilder>? also = null)
    {
        FileLog? file = settings.Path is null ? null : FileLog.Open(settings.Path);
        return LoggerFactory.Create(builder =>
        {
            builder.SetMinimumLevel(settings.Level);
            // Made by the container, so that it is also disposed by it: an instance that is handed over would lose its last lines.
            if (file is not null) builder.Services.AddSingleton<ILoggerProvider>(_ => file);
            also?.Invoke(builder);
        });
    }
}
