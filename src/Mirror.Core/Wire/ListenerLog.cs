using System.Net;
using Microsoft.Extensions.Logging;

namespace Mirror.Core.Wire;

/// <summary>What the listener logs. Strangers cause nothing above debug, so that they cannot fill a disk with logs.</summary>
internal static partial class ListenerLog
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Information, Message = "Listening on {EndPoint}.")]
    public static partial void Listening(ILogger logger, EndPoint endPoint);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "Accepting connections on {EndPoint} fails; trying again.")]
    public static partial void AcceptFailed(ILogger logger, EndPoint endPoint, Exception exception);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Debug, Message = "No proof: {Reason}")]
    public static partial void NotProved(ILogger logger, string reason);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Information, Message = "{Remote} has proved itself for volume {Volume}, right {Right}.")]
    public static partial void Proved(ILogger logger, EndPoint? remote, string volume, Security.MirrorRight right);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Error, Message = "Serving volume {Volume} to {Remote} failed.")]
    public static partial void ServeFailed(ILogger logger, string volume, EndPoint? remote, Exception exception);

    [LoggerMessage(EventId = 3006, Level = LogLevel.Warning, Message = "Connections to {EndPoint} that proved nothing: {Failed} in the last minute (wrong secrets: {WrongSecrets}). The last: {Reason}")]
    public static partial void Strangers(ILogger logger, EndPoint endPoint, long failed, long wrongSecrets, string reason);
}
