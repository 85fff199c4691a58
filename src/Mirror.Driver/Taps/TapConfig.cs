using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mirror.Driver.Taps;

/// <summary>struct tap_config of driver/linux/tap.h: what does not change while the programs are loaded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TapConfig
{
    public const ulong TheMagic = 0x3150415452494d44;
    public const ulong TheVersion = 3;
    public const uint ZeroesUncounted = 1;

    public ulong Magic;
    public ulong Version;
    public BootIdBytes BootId;
    public ulong Diskseq;
    public uint Major;
    public uint Minor;
    public ulong Start;
    public ulong Sectors;
    public ulong DiskSectors;
    public uint GranuleShift;
    public uint Flags;
    public ulong PlaneWords;
    public ulong LeafBase;
    public ulong DataLimit;
    public ulong RecordLimit;
    public ulong RingBytes;
    public ulong VmemmapBase;
    public ulong DirectMapBase;
    public ulong PageShift;
    public ulong DataProgram;
    public ulong BioBased;

    [InlineArray(16)]
    public struct BootIdBytes
    {
        private byte _first;
    }
}
