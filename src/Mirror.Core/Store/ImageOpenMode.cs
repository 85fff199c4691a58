namespace Mirror.Core.Store;

/// <summary>How an image is opened.</summary>
public enum ImageOpenMode
{
    /// <summary>It must be there: the volume's record says so.</summary>
    Existing,

    /// <summary>It must be there, and is only read: several may at once, while nobody has it open to write.</summary>
    Read,

    /// <summary>First contact: a file is made when missing. What holds data (a file) or a signature (a device) is refused.</summary>
    New,

    /// <summary>As <see cref="New"/>, but the administrator has said that what is there may be overwritten.</summary>
    NewForced,
}
