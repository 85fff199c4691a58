namespace Mirror.Core.Taps;

/// <summary>How writes are seen.</summary>
public enum TapKind : byte
{
    /// <summary>Not at all: the disk is compared again at intervals.</summary>
    RescanOnly = 0,

    /// <summary>By programs in the Linux kernel.</summary>
    Ebpf = 1,
}
