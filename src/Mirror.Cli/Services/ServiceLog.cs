using Microsoft.Extensions.Logging;

namespace Mirror.Cli.Services;

/// <summary>What the service host writes into the log. Ids 800 to 819.</summary>
internal static partial class ServiceLog
{
    [LoggerMessage(800, LogLevel.Information, "diskmirror {Version} starts: {What}")]
    public static partial void Starts(ILogger logger, string version, string what);

    [LoggerMessage(801, LogLevel.Information, "Stopping, because a signal asks for it. The tap goes on marking; the next start resumes")]
    public static partial void StopsTracking(ILogger logger);

    [LoggerMessage(802, LogLevel.Information, "Stopping, because a signal asks for it")]
    public static partial void Stops(ILogger logger);

    [LoggerMessage(803, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(804, LogLevel.Warning, "{Volume}: {Reason}")]
    public static partial void LesserTap(ILogger logger, string volume, string reason);

    [LoggerMessage(805, LogLevel.Warning, "{Disk} holds swap. What is swapped out is copied, but not kept identical")]
    public static partial void HasSwap(ILogger logger, string disk);

    [LoggerMessage(806, LogLevel.Warning, "{Disk} is one of several parts of {Above}. Images of several disks are each consistent, but not at the same instant: mirror {Above} itself instead")]
    public static partial void OneOfSeveral(ILogger logger, string disk, string above);
}
