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

    [LoggerMessage(EventId = 3059, Level = LogLevel.Warning, Message = "Server: room in the store is {Level}: {Text}. Remove snapshots or volumes, or give it more")]
    public static partial void SpaceShort(ILogger logger, Control.SpaceLevel level, string text);

    [LoggerMessage(EventId = 3060, Level = LogLevel.Information, Message = "Server: room in the store is {Level} again: {Text}")]
    public static partial void SpaceAgain(ILogger logger, Control.SpaceLevel level, string text);

    [LoggerMessage(EventId = 3055, Level = LogLevel.Warning, Message = "Volume {Volume}: is called {To} now, as asked; clients of the old name are refused")]
    public static partial void Renamed(ILogger logger, string volume, string to);

    [LoggerMessage(EventId = 3056, Level = LogLevel.Warning, Message = "Volume {Volume}: deleted, as asked, with {Snapshots} snapshots")]
    public static partial void Deleted(ILogger logger, string volume, int snapshots);

    [LoggerMessage(EventId = 3057, Level = LogLevel.Warning, Message = "Volume {Volume}: taken out of service, as asked")]
    public static partial void Released(ILogger logger, string volume);

    [LoggerMessage(EventId = 3058, Level = LogLevel.Information, Message = "Volume {Volume}: taken into service, as asked; it is there already: {There}")]
    public static partial void Taken(ILogger logger, string volume, bool there);

    [LoggerMessage(EventId = 3054, Level = LogLevel.Warning, Message = "Server: the storage of a volume has not answered for {Seconds} s; stopping without it")]
    public static partial void Hanging(ILogger logger, double seconds);
}
