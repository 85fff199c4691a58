using Microsoft.Extensions.Logging;

namespace Mirror.Hosting;

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

    [LoggerMessage(805, LogLevel.Warning, "{Warning}")]
    public static partial void DiskWarning(ILogger logger, string warning);

    [LoggerMessage(806, LogLevel.Error, "{Name} cannot go on: {Reason}")]
    public static partial void Failed(ILogger logger, string name, string reason);

    [LoggerMessage(807, LogLevel.Warning, "{Volume}: whoever listens to events threw: {Reason}")]
    public static partial void SubscriberFailed(ILogger logger, string volume, string reason);

    [LoggerMessage(808, LogLevel.Information, "{Volume}: archived, level {Level}, into {Path}: {Inodes} inodes, {Bytes} bytes")]
    public static partial void Archived(ILogger logger, string volume, int level, string path, long inodes, long bytes);

    [LoggerMessage(809, LogLevel.Warning, "{Volume}: {What}")]
    public static partial void ArchiveNote(ILogger logger, string volume, string what);

    [LoggerMessage(810, LogLevel.Error, "{Volume}: no archive: {Reason} It is tried again in ten minutes")]
    public static partial void ArchiveFailed(ILogger logger, string volume, string reason);

    [LoggerMessage(811, LogLevel.Information, "{Volume}: the archive of {Time:u} is removed by the rule {Rule}")]
    public static partial void ArchiveRemoved(ILogger logger, string volume, DateTimeOffset time, string rule);
}
