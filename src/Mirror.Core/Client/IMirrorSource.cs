using Mirror.Core.Disks;
using Mirror.Core.Taps;

namespace Mirror.Core.Client;

/// <summary>What a client mirrors: a disk and what sees its writes, opened together. Implemented in Mirror.Driver.</summary>
public interface IMirrorSource : IDisposable
{
    /// <summary>The disk, as it was opened last.</summary>
    IDisk Disk { get; }

    /// <summary>The tap, as it was opened last.</summary>
    ITap Tap { get; }

    /// <summary>
    /// Closes both and opens them as they are now: the disk has another size. A tap that goes on marking is taken over, bits and saved state,
    /// if the disk has only grown. After a failure both stay closed, and this may be called again.
    /// </summary>
    /// <exception cref="IOException">The disk or the tap cannot be opened.</exception>
    void Reopen();
}
