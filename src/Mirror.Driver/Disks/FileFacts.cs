using System.Runtime.InteropServices;

namespace Mirror.Driver.Disks;

/// <summary>The kernel's <c>struct statx</c>, the same on every machine; only what is used here has a name.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileFacts
{
    /// <summary>Which fields were filled.</summary>
    [FieldOffset(0)] public uint Mask;

    /// <summary>Kind and permissions.</summary>
    [FieldOffset(28)] public ushort Mode;

    [FieldOffset(32)] public ulong Inode;

    /// <summary>Bytes.</summary>
    [FieldOffset(40)] public long Size;

    /// <summary>Of a device node, the device it stands for.</summary>
    [FieldOffset(128)] public uint RdevMajor;

    [FieldOffset(132)] public uint RdevMinor;

    /// <summary>The device that holds the file.</summary>
    [FieldOffset(136)] public uint DevMajor;

    [FieldOffset(140)] public uint DevMinor;

    /// <summary>First field of /proc/self/mountinfo (kernel 5.8).</summary>
    [FieldOffset(144)] public ulong MountId;

    /// <summary>What a direct read's memory must be aligned to (kernel 6.1).</summary>
    [FieldOffset(152)] public uint DioMemoryAlign;

    /// <summary>What a direct read's offset and length must be aligned to; 0 when the file cannot be read directly.</summary>
    [FieldOffset(156)] public uint DioOffsetAlign;

    public readonly bool IsBlockDevice => (Mode & 0xF000) == 0x6000;

    public readonly bool IsRegularFile => (Mode & 0xF000) == 0x8000;
}
