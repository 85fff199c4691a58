using System.Runtime.InteropServices;

namespace Mirror.Core.Blocks;

/// <summary>Memory for direct reads: pinned for its life, and aligned to 4096 bytes.</summary>
public static class AlignedMemory
{
    /// <summary>Alignment in bytes; no disk asks for more.</summary>
    public const int Alignment = 4096;

    /// <summary>Makes one buffer of <paramref name="bytes"/> bytes. It is never moved; keep and reuse it.</summary>
    public static Memory<byte> Allocate(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        byte[] array = GC.AllocateUninitializedArray<byte>(bytes + Alignment, pinned: true);
        long address = Marshal.UnsafeAddrOfPinnedArrayElement(array, 0);
        int skip = (int)((Alignment - (address & (Alignment - 1))) & (Alignment - 1));
        return array.AsMemory(skip, bytes);
    }
}
