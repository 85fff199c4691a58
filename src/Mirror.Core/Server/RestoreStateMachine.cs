using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// Which message of a restoring client is legal when, as one pure function. docs/protocol.md section 7 has the same table.
/// <code>
///   Begun --- RESTORE_BEGIN ---> Reading --- HASH_REQUEST, FETCH ---> Reading
///
///   any --- BYE, refusal, end ---> Ended, which nothing leaves
/// </code>
/// </summary>
internal static class RestoreStateMachine
{
    /// <summary>The phase after a message; null when it is not legal here.</summary>
    public static RestorePhase? Next(RestorePhase phase, MessageType message) => (phase, message) switch
    {
        (RestorePhase.Ended, _) => null,
        (_, MessageType.Bye or MessageType.None) => RestorePhase.Ended,
        (RestorePhase.Begun, MessageType.RestoreBegin) => RestorePhase.Reading,
        (RestorePhase.Reading, MessageType.HashRequest or MessageType.Fetch or MessageType.Alive) => RestorePhase.Reading,
        _ => null,
    };
}
