using System.Globalization;
using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>Memory is bounded and known. Alone in the process, because memory is everybody's.</summary>
[Collection(nameof(TapMemoryTests))]
[CollectionDefinition(nameof(TapMemoryTests), DisableParallelization = true)]
public sealed class TapMemoryTests
{
    [SkippableFact]
    public void A_tebibyte_disk_takes_little_memory_of_the_process_and_as_much_of_the_kernel_as_computed()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(1L << 40);
        long before = ResidentMaps();
        using EbpfTap tap = disk.Open();
        const long ring = 64 << 20, bitmaps = 5L * 32 << 20, little = 1 << 20;
        // The ring, and next to nothing of 160 MiB of bitmaps.
        Assert.InRange(ResidentMaps() - before, ring, ring + little);
        Assert.InRange(tap.Description.KernelBytes, bitmaps + ring, bitmaps + ring + little);
        using (var writer = new DirectWriter(disk.Path))
        {
            for (int i = 0; i < 4000; i++) writer.Write(i * 268435456L % disk.Bytes);
        }
        tap.Flip();
        Assert.InRange(EbpfTapTests.Members(tap).Count, 3990, 4000);
        tap.ClearOld();
        Assert.Empty(EbpfTapTests.Members(tap));
        Assert.InRange(ResidentMaps() - before, ring, ring + little);
        tap.Unpin();
    }

    /// <summary>Resident bytes of maps of the kernel's programs in this process.</summary>
    private static long ResidentMaps()
    {
        long sum = 0;
        bool map = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0].Contains('-', StringComparison.Ordinal)) map = line.Contains("bpf-map", StringComparison.Ordinal);
            else if (map && words[0] == "Rss:") sum += long.Parse(words[1], CultureInfo.InvariantCulture) << 10;
        }
        return sum;
    }
}
