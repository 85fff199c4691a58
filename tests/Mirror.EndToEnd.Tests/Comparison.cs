using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mirror.Core.Blocks;
using Mirror.Driver.Disks;

namespace Mirror.EndToEnd.Tests;

/// <summary>Compares a disk, read past every cache, with its image, byte for byte.</summary>
internal static class Comparison
{
    private const int SeekData = 3, SeekHole = 4;

    /// <summary>Fails and says where, unless both are the same from the first byte to the last.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="image">Its image.</param>
    /// <param name="state">What else is said then.</param>
    public static void AssertIdentical(string disk, string image, Func<string>? state = null)
    {
        List<long> wrong = DifferingSectors(disk, image);
        Assert.True(wrong.Count == 0, $"{wrong.Count} sectors of {image} differ from {disk}, the first: {string.Join(", ", wrong.Take(20))}. {(wrong.Count > 0 ? state?.Invoke() : "")}");
    }

    /// <summary>The sectors that differ.</summary>
    public static List<long> DifferingSectors(string disk, string image)
    {
        using DirectDisk left = DirectDisk.Open(disk);
        using DirectDisk right = DirectDisk.Open(image);
        Assert.Equal(left.SizeBytes, right.SizeBytes);
        var wrong = new List<long>();
        Compare(left, right, 0, left.SizeBytes, wrong);
        return wrong;
    }

    /// <summary>The same for a disk too large to be read whole: wherever its backing file or the image holds data.</summary>
    public static void AssertIdenticalWhereStored(string disk, string backingFile, string image)
    {
        using DirectDisk left = DirectDisk.Open(disk);
        using DirectDisk right = DirectDisk.Open(image);
        Assert.Equal(left.SizeBytes, right.SizeBytes);
        var wrong = new List<long>();
        long compared = 0;
        foreach ((long start, long end) in Stored(backingFile).Concat(Stored(image)))
        {
            Compare(left, right, start, Math.Min(end, left.SizeBytes), wrong);
            compared += end - start;
        }
        Assert.True(compared > 0, "Nothing was stored.");
        Assert.True(wrong.Count == 0, $"{wrong.Count} sectors of {image} differ from {disk}, the first: {string.Join(", ", wrong.Take(20))}");
    }

    /// <summary>The runs of a file that are no holes.</summary>
    public static IEnumerable<(long Start, long End)> Stored(string path)
    {
        using SafeFileHandle file = OpenUnlocked(path);
        for (long at = 0; (at = Seek(file, at, SeekData)) >= 0;)
        {
            long end = Seek(file, at, SeekHole);
            yield return (at, end);
            at = end;
        }
    }

    /// <summary>Opens an image on which the server holds its lock; FileStream by itself would respect it.</summary>
    public static SafeFileHandle OpenUnlocked(string path)
    {
        SafeFileHandle file = DiskNative.Open(path, 0);
        return file.IsInvalid ? throw new IOException($"{path} cannot be opened.") : file;
    }

    private static void Compare(DirectDisk left, DirectDisk right, long from, long to, List<long> wrong)
    {
        Memory<byte> one = AlignedMemory.Allocate(4 << 20);
        Memory<byte> other = AlignedMemory.Allocate(4 << 20);
        for (long at = from; at < to; at += one.Length)
        {
            int length = (int)Math.Min(one.Length, to - at);
            Task reading = left.ReadAsync(at, one[..length], CancellationToken.None).AsTask();
            right.ReadAsync(at, other[..length], CancellationToken.None).AsTask().GetAwaiter().GetResult();
            reading.GetAwaiter().GetResult();
            if (one.Span[..length].SequenceEqual(other.Span[..length])) continue;
            for (int block = 0; block < length; block += 512)
            {
                if (!one.Span.Slice(block, 512).SequenceEqual(other.Span.Slice(block, 512))) wrong.Add((at + block) / 512);
            }
        }
    }

#pragma warning disable SYSLIB1054 // this project has no unsafe code
    [DllImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static extern long Seek(SafeFileHandle file, long offset, int whence);
#pragma warning restore SYSLIB1054
}
