using Mirror.Core.Wire;

namespace Mirror.Core.Restore;

/// <summary>The server refuses, and says why.</summary>
public sealed class RestoreRefusedException : IOException
{
    internal RestoreRefusedException(RefusedMessage message, RestoreOptions options) : base(message.Text)
    {
        IsSnapshotMissing = message.Code == RefusalCode.NotFound && options.Snapshot.Length > 0;
        RetryAfter = TimeSpan.FromSeconds(message.RetryAfterSeconds);
        IsFinal = message.Code is RefusalCode.NotFound or RefusalCode.NotConsistent or RefusalCode.BadRequest;
    }

    /// <summary>When it may be tried again.</summary>
    public TimeSpan RetryAfter { get; }

    /// <summary>Whether the snapshot that was asked for is not there.</summary>
    public bool IsSnapshotMissing { get; }

    /// <summary>Whether waiting helps. A code that is not known comes from a newer server: it is tried again, too.</summary>
    public bool IsFinal { get; }
}
