namespace Mirror.Core.Boot;

/// <summary>What outlives a boot: a record on the host's own storage, and the drive's counters. Used by one thread.</summary>
public interface IBootMemory
{
    /// <summary>Asks the drive; null when it has nothing to say.</summary>
    DriveTestimony? AskDrive();

    /// <summary>What the last clean stop left. It is gone, durably, when this returns: it is good for one start.</summary>
    /// <exception cref="IOException">It could not be removed; then it must not be used.</exception>
    CleanStop? Take();

    /// <summary>Leaves a record, durably.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    void Leave(CleanStop stop);
}
