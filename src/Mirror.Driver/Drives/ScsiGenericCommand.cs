using System.Runtime.InteropServices;

namespace Mirror.Driver.Drives;

/// <summary>struct sg_io_hdr of scsi/sg.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ScsiGenericCommand
{
    public int Interface;
    public int Direction;
    public byte CommandLength;
    public byte SenseLength;
    public ushort VectorCount;
    public uint DataLength;
    public byte* Data;
    public byte* Command;
    public byte* Sense;
    public uint TimeoutMilliseconds;
    public uint Flags;
    public int PackId;
    public void* User;
    public byte Status;
    public byte MaskedStatus;
    public byte MessageStatus;
    public byte SenseWritten;
    public ushort HostStatus;
    public ushort DriverStatus;
    public int Residual;
    public uint Duration;
    public uint Info;
}
