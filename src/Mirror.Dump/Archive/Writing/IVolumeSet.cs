namespace Mirror.Dump.Archive.Writing;

/// <summary>Where the volumes of an archive are written. Used by one thread at a time.</summary>
public interface IVolumeSet : IDisposable
{
    /// <summary>Opens the next volume; the one before is complete.</summary>
    /// <param name="volume">From 1.</param>
    Stream Open(int volume);

    /// <summary>All is written: makes it durable and gives it its names.</summary>
    void Complete();
}
