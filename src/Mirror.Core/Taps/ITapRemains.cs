namespace Mirror.Core.Taps;

/// <summary>What clients that are gone left marking in the kernel.</summary>
public interface ITapRemains
{
    /// <summary>
    /// Takes away the bitmaps and programs of a volume that no client has open, so that its writes are tracked no longer and the kernel
    /// gets its memory back. The next start scans.
    /// </summary>
    /// <returns>Whether there was something.</returns>
    /// <exception cref="IOException">A process has the volume's tap open, or the kernel refused.</exception>
    bool Remove(string volume);
}
