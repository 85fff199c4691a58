namespace Mirror.Core.Security;

/// <summary>What a client secret allows. The values are those of HELLO.</summary>
public enum MirrorRight : byte
{
    /// <summary>Send a disk's content to the volume.</summary>
    Mirror = 1,

    /// <summary>Read the volume's images.</summary>
    Restore = 2,
}
