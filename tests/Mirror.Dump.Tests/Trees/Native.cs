using System.Runtime.InteropServices;
using System.Text;

namespace Mirror.Dump.Tests.Trees;

/// <summary>Calls of the C library that tests make on mounted trees, the base library having none for them.</summary>
internal static class Native
{
    private const int SeekData = 3, SeekHole = 4;

    /// <summary>The extended attributes of a path, links not followed.</summary>
    public static SortedDictionary<string, byte[]> Attributes(string path)
    {
        var found = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        byte[] list = new byte[64 << 10];
        long length = llistxattr(path, list, list.Length);
        if (length < 0) throw new IOException($"llistxattr {path}: errno {Marshal.GetLastPInvokeError()}");
        foreach (string name in Encoding.UTF8.GetString(list, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            byte[] value = new byte[64 << 10];
            long n = lgetxattr(path, name, value, value.Length);
            if (n < 0) throw new IOException($"lgetxattr {path} {name}: errno {Marshal.GetLastPInvokeError()}");
            found[name] = value[..(int)n];
        }
        return found;
    }

    /// <summary>Sets an extended attribute.</summary>
    public static void SetAttribute(string path, string name, byte[] value)
    {
        if (lsetxattr(path, name, value, value.Length, 0) != 0) throw new IOException($"lsetxattr {path} {name}: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>The stretches with data, as SEEK_DATA and SEEK_HOLE tell them.</summary>
    public static List<(long Offset, long Length)> DataRanges(string path)
    {
        var found = new List<(long, long)>();
        using var handle = File.OpenHandle(path);
        int fd = (int)handle.DangerousGetHandle();
        for (long at = 0; ;)
        {
            long data = lseek(fd, at, SeekData);
            if (data < 0) return found;
            long hole = lseek(fd, data, SeekHole);
            found.Add((data, hole - data));
            at = hole;
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern long llistxattr(string path, byte[] list, long size);

    [DllImport("libc", SetLastError = true)]
    private static extern long lgetxattr(string path, string name, byte[] value, long size);

    [DllImport("libc", SetLastError = true)]
    private static extern int lsetxattr(string path, string name, byte[] value, long size, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern long lseek(int fd, long offset, int whence);
}
