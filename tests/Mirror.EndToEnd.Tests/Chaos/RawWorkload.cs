using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mirror.EndToEnd.Tests.Chaos;

/// <summary>
/// Writes blocks of the disk itself, one after the other, each synced before the next: version n goes to slot n mod <see cref="Slots"/>. So an image that
/// shows version m anywhere must show exactly the versions up to m, or up to m less the one that was under way.
/// </summary>
internal sealed class RawWorkload(LoopDisk disk) : Workload
{
    private const int Block = 4096, Slots = 1200;
    private const long Stride = 200 << 10;

    private long _known, _next = 1;

    public override long[] Known() => [Volatile.Read(ref _known)];

    /// <remarks>Behind the slots, so that what changes is less than a fifth of the image: a scan after a power cut would stop and ask, else.</remarks>
    public override void Prepare() =>
        Shell.Script($"head -c 60M /dev/urandom | dd of='{disk.Path}' bs=1M seek=250 iflag=fullblock oflag=direct conv=notrunc status=none");

    public override void CutPower() => Stop();

    public override void Leave() => Stop();

    public override void Return()
    {
        using SafeFileHandle file = File.OpenHandle(disk.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        _next = Read(file).Max() + 1;
        Volatile.Write(ref _known, _next - 1);
    }

    public override void Verify(string device, string mount, long[] known)
    {
        using SafeFileHandle file = File.OpenHandle(device, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        long[] versions = Read(file);
        long last = versions.Max();
        Assert.True(last >= known[0], $"The newest block is {last}, and {known[0]} was synced.");
        for (int slot = 0; slot < Slots; slot++)
        {
            long expected = last - ((last - slot) % Slots + Slots) % Slots;
            Assert.True(versions[slot] == Math.Max(0, expected), $"Slot {slot} has version {versions[slot]}, where the disk with version {last} had {expected}: no instant of the disk.");
        }
    }

    private static long[] Read(SafeFileHandle file)
    {
        long[] versions = new long[Slots];
        byte[] block = new byte[Block];
        for (int slot = 0; slot < Slots; slot++)
        {
            RandomAccess.Read(file, block, slot * Stride);
            Span<long> words = MemoryMarshal.Cast<byte, long>(block.AsSpan());
            Assert.False(words.ContainsAnyExcept(words[0]), $"The block in slot {slot} is torn: it holds versions {words[0]} and others.");
            versions[slot] = words[0];
        }
        return versions;
    }

    protected override void Step()
    {
        using SafeFileHandle file = File.OpenHandle(disk.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        byte[] block = new byte[Block];
        Thread.Sleep(20);
        for (int i = 0; i < 20; i++)
        {
            MemoryMarshal.Cast<byte, long>(block.AsSpan()).Fill(_next);
            RandomAccess.Write(file, block, _next % Slots * Stride);
            RandomAccess.FlushToDisk(file);
            Volatile.Write(ref _known, _next++);
        }
    }
}
