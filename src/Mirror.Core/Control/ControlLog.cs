using Microsoft.Extensions.Logging;

namespace Mirror.Core.Control;

/// <summary>What control writes into the log. Ids 700 to 719.</summary>
internal static partial class ControlLog
{
    [LoggerMessage(700, LogLevel.Debug, "Control listens on {Path}")]
    public static partial void Listens(ILogger logger, string path);

    [LoggerMessage(701, LogLevel.Warning, "Control socket {Path}: a connection could not be accepted: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, string path, string reason);

    [LoggerMessage(702, LogLevel.Debug, "Control socket {Path}: a request was refused: {Reason}")]
    public static partial void Refused(ILogger logger, string path, string reason);

    [LoggerMessage(703, LogLevel.Information, "Control: {Verb} asked for volume {Volume}")]
    public static partial void Asked(ILogger logger, ControlVerb verb, string volume);

    [LoggerMessage(704, LogLevel.Error, "Control: a request failed in an unforeseen way; please report this")]
    public static partial void Failed(ILogger logger, Exception exception);
}
