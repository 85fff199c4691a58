using Mirror.Core.Client;

namespace Mirror.Core.Boot;

/// <summary>
/// What a client leaves on its host when it stops with the image equal to the disk: nothing waiting, the tap's bitmaps empty, its sums in agreement
/// with the kernel's, before and after the drive was asked. Good for one start.
/// </summary>
public sealed record CleanStop
{
    /// <summary>The disk (<see cref="Disks.DiskIdentity"/>'s text).</summary>
    public required string Disk { get; init; }

    /// <summary>Bytes of the volume.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>The server's id.</summary>
    public required Guid Server { get; init; }

    /// <summary>The image's incarnation.</summary>
    public required Guid Incarnation { get; init; }

    /// <summary>The last mark, committed and consistent.</summary>
    public required MarkId Mark { get; init; }

    /// <summary>What the drive said then.</summary>
    public required DriveTestimony Drive { get; init; }
}
