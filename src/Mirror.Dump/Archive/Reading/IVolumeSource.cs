namespace Mirror.Dump.Archive.Reading;

/// <summary>Where the volumes of an archive are read from. Used by one thread.</summary>
public interface IVolumeSource
{
    /// <summary>How the archive is named in messages.</summary>
    string Name { get; }

    /// <summary>Opens a volume, from its beginning; null when there is none.</summary>
    /// <param name="volume">From 1.</param>
    Stream? Open(int volume);

    /// <summary>How a volume is named in messages.</summary>
    string NameOf(int volume);

    /// <summary>Whether a second volume is there.</summary>
    bool HasSeveral();
}
