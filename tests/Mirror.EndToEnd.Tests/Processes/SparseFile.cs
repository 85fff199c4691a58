using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>Where a sparse file has data.</summary>
internal static class SparseFile
{
    private const int SeekData = 3; // linux/fs.h
    private const int SeekHole = 4;

    /// <summary>Its data, in order.</summary>
    public static IEnumerable<(long Start, long Length)> DataRanges(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        for (long at = lseek(file, 0, SeekData); at >= 0;)
        {
            long end = lseek(file, at, SeekHole);
            yield return (at, end - at);
            at = lseek(file, end, SeekData);
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern long lseek(SafeFileHandle file, long offset, int whence);
}
