using Microsoft.Extensions.Logging;

namespace Mirror.Core.Server;

/// <summary>What the server as a whole logs: ids 3050 to 3099.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(EventId = 3051, Level = LogLevel.Information, Message = "Server {Server}: store {Store}, {Volumes} volumes known")]
    public static partial void Started(ILogger logger, Guid server, string store, int volumes);

    [LoggerMessage(EventId = 3052, Level = LogLevel.Information, Message = "Server: stopping")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(EventId = 3053, Level = LogLevel.Information, Message = "Server: stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(EventId = 3054, Level = LogLevel.Warning, Message = "Server: the storage of a volume has not answered for {Seconds} s; stopping without it")]
    public static partial void Hanging(ILogger logger, double seconds);
}
