using System.Security.Cryptography;

namespace Mirror.Core.Store;

/// <summary>What <c>volume.json</c> holds: everything about a volume that changes seldom. Immutable; a change is a new record, stored whole.</summary>
internal sealed record VolumeRecord
{
    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the format.</summary>
    public required int Version { get; init; }

    /// <summary>The volume's name, so that a directory that was moved to another name is found out.</summary>
    public required string Volume { get; init; }

    /// <summary>Made when the volume was; never changes.</summary>
    public required Guid Id { get; init; }

    /// <summary>Changes, durably, whenever a scan begins and whenever the image can no longer be what a client believes.</summary>
    public required Guid Incarnation { get; init; }

    /// <summary>The disk it belongs to.</summary>
    public required VolumeIdentity Identity { get; init; }

    /// <summary>Bytes of the disk.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>The disk's logical block size in bytes; a restored disk needs the same.</summary>
    public required int LogicalBlockBytes { get; init; }

    /// <summary>The key of the scan's tags: 32 bytes.</summary>
    public required byte[] HashKey { get; init; }

    /// <summary>The image by the path that the administrator gave; null when it lies in the volume's directory.</summary>
    public string? Image { get; init; }

    /// <summary>Whether the image has ever been consistent: then every scan is guarded.</summary>
    public bool EverConsistent { get; init; }

    /// <summary>The unfinished scan.</summary>
    public ScanProgress Scan { get; init; }

    /// <summary>The administrator accepts the next other disk (<c>diskmirror adopt</c> at the server).</summary>
    public bool AdoptApproved { get; init; }

    /// <summary>The administrator accepts that a scan changes the image however much; holds until a scan has ended.</summary>
    public bool ReplaceApproved { get; init; }

    /// <summary>The rule of this volume's history as text; <c>none</c> for none whatever the server says; null for the server's own.</summary>
    public string? SnapshotRule { get; init; }

    /// <summary>When the volume was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>A record for a volume that begins.</summary>
    public static VolumeRecord Begin(string volume, VolumeIdentity identity, long sizeBytes, int logicalBlockBytes, string? image, DateTimeOffset now) => new()
    {
        Version = CurrentVersion,
        Volume = volume,
        Id = Guid.NewGuid(),
        Incarnation = Guid.NewGuid(),
        Identity = identity,
        SizeBytes = sizeBytes,
        LogicalBlockBytes = logicalBlockBytes,
        HashKey = RandomNumberGenerator.GetBytes(32),
        Image = image,
        Created = now,
    };
}
