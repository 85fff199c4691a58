using Microsoft.Extensions.Logging;

namespace Mirror.Core.Server;

/// <summary>What volumes of a server log: ids 3100 to 3199.</summary>
internal static partial class VolumeLog
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Information, Message = "Volume {Volume}: begun at {Image} for the disk \"{Disk}\", {Bytes} bytes")]
    public static partial void Begun(ILogger logger, string volume, string image, string disk, long bytes);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Information, Message = "Volume {Volume}: client {Peer} is connected, committed mark {Mark}")]
    public static partial void Connected(ILogger logger, string volume, string peer, ulong mark);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Information, Message = "Volume {Volume}: client {Peer} has gone: {Why}")]
    public static partial void Disconnected(ILogger logger, string volume, string peer, string why);

    [LoggerMessage(EventId = 3104, Level = LogLevel.Warning, Message = "Client {Peer} is refused ({Code}): {Text}")]
    public static partial void Refused(ILogger logger, string peer, Wire.RefusalCode code, string text);

    [LoggerMessage(EventId = 3105, Level = LogLevel.Error, Message = "Volume {Volume}: the store failed: {Text} The last committed mark stays what it was; clients are taken again when they come back.")]
    public static partial void StoreFailed(ILogger logger, string volume, string text, Exception e);

    [LoggerMessage(EventId = 3106, Level = LogLevel.Information, Message = "Volume {Volume}: scan begun, guarded {Guarded}, incarnation {Incarnation}")]
    public static partial void ScanBegun(ILogger logger, string volume, bool guarded, Guid incarnation);

    [LoggerMessage(EventId = 3107, Level = LogLevel.Information, Message = "Volume {Volume}: the scan may send: {Changed} of {NonZero} non-zero bytes change")]
    public static partial void ScanAllowed(ILogger logger, string volume, long changed, long nonZero);

    [LoggerMessage(EventId = 3108, Level = LogLevel.Warning, Message = "Volume {Volume}: client {Peer} was silent or did not read for {Seconds} s; its connection is closed")]
    public static partial void Silent(ILogger logger, string volume, string peer, double seconds);

    [LoggerMessage(EventId = 3109, Level = LogLevel.Information, Message = "Volume {Volume}: now belongs to the disk \"{Disk}\", {Bytes} bytes")]
    public static partial void Adopted(ILogger logger, string volume, string disk, long bytes);

    [LoggerMessage(EventId = 3110, Level = LogLevel.Warning, Message = "Volume {Volume}: the image is now {Image}, not {Before}: the next client scans")]
    public static partial void Moved(ILogger logger, string volume, string image, string before);

    [LoggerMessage(EventId = 3111, Level = LogLevel.Error, Message = "Volume {Volume}: the connection of {Peer} ended by an unexpected error")]
    public static partial void Unexpected(ILogger logger, string volume, string peer, Exception e);

    [LoggerMessage(EventId = 3112, Level = LogLevel.Information, Message = "Volume {Volume}: the image has been consistent for the first time, at mark {Mark}")]
    public static partial void FirstConsistent(ILogger logger, string volume, ulong mark);

    [LoggerMessage(EventId = 3113, Level = LogLevel.Information, Message = "Volume {Volume}: client {Peer} is in state {State}")]
    public static partial void State(ILogger logger, string volume, string peer, Wire.StreamState state);

    [LoggerMessage(EventId = 3115, Level = LogLevel.Information, Message = "Volume {Volume}: snapshot {Name} taken of mark {Mark}; the clone took {Milliseconds} ms")]
    public static partial void SnapshotTaken(ILogger logger, string volume, string name, long mark, long milliseconds);

    [LoggerMessage(EventId = 3116, Level = LogLevel.Information, Message = "Volume {Volume}: snapshot {Name} removed, {Why}")]
    public static partial void SnapshotRemoved(ILogger logger, string volume, string name, string why);

    [LoggerMessage(EventId = 3117, Level = LogLevel.Warning, Message = "Volume {Volume}: no snapshot by the rule {Rule}: {Text}")]
    public static partial void SnapshotFailed(ILogger logger, string volume, string rule, string text);

    [LoggerMessage(EventId = 3118, Level = LogLevel.Information, Message = "Volume {Volume}: what the image held before another disk takes its place is kept as snapshot {Name}, of mark {Mark}, until that is removed")]
    public static partial void ReplacedKept(ILogger logger, string volume, string name, long mark);

    [LoggerMessage(EventId = 3119, Level = LogLevel.Warning, Message = "Volume {Volume}: what the image held before another disk takes its place is not kept, as was allowed by 'adopt': {Text}")]
    public static partial void ReplacedNotKept(ILogger logger, string volume, string text);

    [LoggerMessage(EventId = 3120, Level = LogLevel.Information, Message = "Volume {Volume}: {Peer} restores from the image at mark {Mark}, consistent {Consistent}, snapshot \"{Snapshot}\"")]
    public static partial void RestoreBegun(ILogger logger, string volume, string peer, ulong mark, bool consistent, string snapshot);

    [LoggerMessage(EventId = 3121, Level = LogLevel.Information, Message = "Volume {Volume}: {Peer} has ended its restore, {Bytes} bytes were sent: {Why}")]
    public static partial void RestoreEnded(ILogger logger, string volume, string peer, long bytes, string why);

    [LoggerMessage(EventId = 3130, Level = LogLevel.Warning, Message = "Volume {Volume}: its disk has grown; the image {Image} has {After} bytes now, {Before} before")]
    public static partial void Grown(ILogger logger, string volume, string image, long before, long after);

    [LoggerMessage(EventId = 3114, Level = LogLevel.Warning, Message = "Volume {Volume}: {What}")]
    public static partial void Unusable(ILogger logger, string volume, string what);
}
