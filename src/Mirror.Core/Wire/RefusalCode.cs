namespace Mirror.Core.Wire;

/// <summary>Why the server refuses (REFUSED, docs/protocol.md section 4). A value that is not listed comes from a newer server: retry later.</summary>
public enum RefusalCode : ushort
{
    /// <summary>Another identity; the administrator adopts or corrects.</summary>
    WrongDisk = 1,

    /// <summary>The scan would change more than a fifth of the image; the administrator decides (<c>adopt --replace</c>).</summary>
    NeedsReplace = 2,

    /// <summary>No room in the store; heals; retry.</summary>
    StoreFull = 3,

    /// <summary>An I/O error of the store; heals when the storage does; retry.</summary>
    StoreFailed = 4,

    /// <summary>Admitted later; retry.</summary>
    Busy = 5,

    /// <summary>A message that the protocol does not allow there.</summary>
    BadRequest = 6,

    /// <summary>Image and disk differ in size.</summary>
    SizeChanged = 7,

    /// <summary>The image would lie on the disk that is mirrored.</summary>
    SameDisk = 8,

    /// <summary>The server is stopping; retry.</summary>
    ShuttingDown = 9,

    /// <summary>A newer connection for this volume has taken over.</summary>
    Replaced = 10,

    /// <summary>No such volume (right <c>restore</c>), or one that was renamed, deleted or taken out of service.</summary>
    NotFound = 11,

    /// <summary>The volume is held by another server process.</summary>
    InUse = 12,

    /// <summary>There is no consistent image to restore; taking it as it is has to be asked for.</summary>
    NotConsistent = 13,
}
