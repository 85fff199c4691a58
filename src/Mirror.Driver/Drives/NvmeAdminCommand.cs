using System.Runtime.InteropServices;

namespace Mirror.Driver.Drives;

/// <summary>struct nvme_admin_cmd of linux/nvme_ioctl.h.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct NvmeAdminCommand
{
    [FieldOffset(0)] public byte Opcode;
    [FieldOffset(4)] public uint Namespace;
    [FieldOffset(24)] public ulong Address;
    [FieldOffset(36)] public uint DataLength;
    [FieldOffset(40)] public uint Dword10;
    [FieldOffset(64)] public uint TimeoutMilliseconds;
}
