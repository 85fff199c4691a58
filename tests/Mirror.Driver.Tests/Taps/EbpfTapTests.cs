using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

public sealed class EbpfTapTests
{
    [SkippableFact]
    public void A_written_block_comes_out_of_the_ring_with_its_bytes()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(16 << 20);
        using EbpfTap tap = disk.Open();
        Assert.Equal((TapKind.Ebpf, TapRate.Hi, null), (tap.Description.Kind, tap.Description.MaxRate, tap.Description.Reason));
        Assert.Equal(TapRate.Off, tap.Rate);
        tap.SetRate(TapRate.Hi);
        Shell.Run($"printf 'the bytes of the block%.0s' $(seq 1000) | head -c 8192 | dd of={disk.Path} bs=8192 seek=3 oflag=direct status=none");
        using var image = new RingImage(tap, new byte[disk.Bytes]);
        image.Finish();
        Assert.Equal(16, image.Sectors[TapRecordKind.Data]);
        Assert.Equal(disk.Content(), image.Bytes);
        Assert.Empty(image.OpenRequests);
        Assert.False(tap.Flip());
        Assert.Equal([6L, 7L], Members(tap));
        Assert.Equal(SumsVerdict.Agree, tap.CheckSums());
        tap.Unpin();
    }

    [SkippableFact]
    public void An_image_made_from_the_ring_alone_is_identical_to_an_ext4_in_use()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(256 << 20);
        using EbpfTap tap = EbpfTap.Open(disk.Options with { RingBytes = 256 << 20 }); // so that a slow reader does not lower the rate
        tap.SetRate(TapRate.Hi);
        using var image = new RingImage(tap, new byte[disk.Bytes]);
        Shell.Run($"mkfs.ext4 -q {disk.Path}");
        string at = disk.Mount(disk.Path);
        Shell.Run($"cp -a /usr/include {at}/ && sync && rm -r {at}/include/linux && for i in $(seq 300); do echo $i > {at}/f$i; done; dd if=/dev/urandom of={at}/big bs=1M count=40 status=none conv=fsync; fallocate -p -o 1M -l 3M {at}/big; sync; umount {at}");
        image.Finish();
        Assert.Equal(TapRate.Hi, tap.Rate);
        Assert.False(tap.Flip());
        AssertIdentical(tap, image, disk.Content());
        tap.Unpin();
    }

    internal static List<long> Members(EbpfTap tap)
    {
        var set = new HierarchicalBitmap(new TapLayout((long)tapSectors(tap), tap.Description.GranuleBytes).Granules);
        tap.CopyOldTo(set);
        return [.. Enumerate(set)];

        static ulong tapSectors(EbpfTap tap) => tap.Configuration.Sectors;
    }

    internal static IEnumerable<long> Enumerate(HierarchicalBitmap set)
    {
        for (long at = 0; set.NextRun(at, long.MaxValue, out long first, out long count); at = first + count)
        {
            for (long i = first; i < first + count; i++) yield return i;
            if (first + count >= set.Length) yield break;
        }
    }

    /// <summary>
    /// The image from the ring, with side reads taken from the disk, is the disk. Kernels can skip a program (on some machines a few in
    /// 100,000); then the sums must say so, and all that differs must be in the issue bitmap.
    /// </summary>
    internal static void AssertIdentical(EbpfTap tap, RingImage image, byte[] content)
    {
        foreach (long sector in Enumerate(image.Named)) content.AsSpan((int)(sector * 512), 512).CopyTo(image.Bytes.AsSpan((int)(sector * 512)));
        SumsVerdict verdict = tap.CheckSums();
        int granule = tap.Description.GranuleBytes;
        var issued = new HierarchicalBitmap((content.Length + granule - 1) / granule);
        tap.CopyIssuedTo(issued);
        var different = new List<int>();
        for (int at = 0; at < content.Length; at += 512)
        {
            if (!content.AsSpan(at, 512).SequenceEqual(image.Bytes.AsSpan(at, 512))) different.Add(at / 512);
        }
        string what = $"verdict {verdict}, {different.Count} sectors differ: {string.Join(' ', different.Take(10))}";
        Assert.True(verdict == SumsVerdict.Agree ? different.Count == 0 : verdict == SumsVerdict.Hole && different.TrueForAll(sector => issued.Contains(sector * 512L / granule)), what);
        if (verdict == SumsVerdict.Hole) tap.AcceptSums();
    }
}
