namespace Mirror.Core.Restore;

/// <summary>A disk or file that may be overwritten, as it is before that: nothing speaks against it but the size, which is compared later.</summary>
public sealed record RestoreTarget
{
    /// <summary>Where it is opened.</summary>
    public required string Path { get; init; }

    /// <summary>What the administrator must type to confirm: the path as it was named.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in words: model, serial number, what is on it.</summary>
    public required string Words { get; init; }

    /// <summary>Bytes; of a file those that it has now, and it grows to what is needed.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Whether it is a block device, which cannot grow.</summary>
    public required bool IsDevice { get; init; }

    /// <summary>Whether the file is not there yet, so that nothing is overwritten.</summary>
    public bool IsNew { get; init; }

    /// <summary>Its logical block in bytes.</summary>
    public int LogicalBlockBytes { get; init; } = Blocks.Units.SectorBytes;
}
