using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Tests.Ext;

/// <summary>Reads all that a reader gives, as an archive writer does, and counts what is refused.</summary>
internal static class WholeRead
{
    /// <summary>Walks over all inodes.</summary>
    /// <param name="fileSystem">To read.</param>
    /// <param name="limitBytes">Content to read at the most, so that one file system full of the same blocks ends.</param>
    /// <returns>Inodes read, bytes of content, and messages of what is damaged.</returns>
    public static (int Inodes, long Bytes, List<string> Damage) Run(IFileSystem fileSystem, long limitBytes)
    {
        var damage = new List<string>();
        int inodes = 0;
        long bytes = 0;
        byte[] buffer = new byte[64 << 10];
        for (uint number = 1; number <= fileSystem.MaxInode; number++)
        {
            try
            {
                if (!fileSystem.IsAllocated(number) || fileSystem.ReadInode(number) is not { } inode) continue;
                inodes++;
                Try(() => fileSystem.ReadAttributes(inode), damage);
                if (inode.Kind == InodeKind.SymbolicLink) Try(() => fileSystem.ReadLink(inode), damage);
                if (inode.Kind == InodeKind.Directory) Try(() => _ = fileSystem.ReadDirectory(inode).Count(), damage);
                if (inode.Kind is InodeKind.File or InodeKind.Directory) Try(() => bytes += ReadContent(fileSystem, inode, buffer, limitBytes - bytes), damage);
            }
            catch (DamagedException e)
            {
                damage.Add(e.Message);
            }
        }
        return (inodes, bytes, damage);
    }

    private static long ReadContent(IFileSystem fileSystem, Inode inode, byte[] buffer, long limit)
    {
        long end = 0, bytes = 0;
        foreach (var run in fileSystem.DataRuns(inode))
        {
            if (run.Offset < end || run.Length <= 0 || run.Offset + run.Length > inode.SizeBytes) throw new InvalidOperationException($"inode {inode.Number}: run {run} after {end} of {inode.SizeBytes}");
            end = run.Offset + run.Length;
            for (long at = 0; at < run.Length && bytes < limit; at += buffer.Length)
            {
                int n = (int)Math.Min(buffer.Length, run.Length - at);
                fileSystem.ReadRun(inode, run, at, buffer.AsSpan(0, n));
                bytes += n;
            }
        }
        _ = fileSystem.Read(inode, Math.Max(0, inode.SizeBytes - 9), buffer.AsSpan(0, 10));
        _ = fileSystem.Read(inode, 0, buffer.AsSpan(0, 10));
        return bytes;
    }

    private static void Try(Action read, List<string> damage)
    {
        try
        {
            read();
        }
        catch (DamagedException e)
        {
            damage.Add(e.Message);
        }
    }
}
