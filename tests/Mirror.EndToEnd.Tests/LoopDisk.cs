namespace Mirror.EndToEnd.Tests;

/// <summary>A loop device on a sparse file; both go away with it.</summary>
internal sealed class LoopDisk : IDisposable
{
    private readonly List<string> _mounts = [];
    private readonly (uint Start, uint Sectors)[] _partitions;

    /// <param name="directory">Where the file is made.</param>
    /// <param name="bytes">Bytes of the disk.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="partitions">Partitions, in sectors.</param>
    public LoopDisk(string directory, long bytes, string name = "disk.img", params (uint Start, uint Sectors)[] partitions)
    {
        BackingFile = System.IO.Path.Combine(directory, name);
        using (FileStream file = File.Create(BackingFile)) file.SetLength(bytes);
        if (partitions.Length > 0) PartitionTable.Write(BackingFile, 0x4D49_5252, partitions);
        _partitions = partitions;
        Path = AttachFree(BackingFile);
        AddPartitions();
    }

    public string BackingFile { get; private set; }

    public string Path { get; private set; }

    /// <summary>A partition's device.</summary>
    public string Partition(int number) => $"{Path}p{number}";

    /// <summary>Attaches a backing file anew under the same number: another disk as far as the kernel is concerned.</summary>
    public void Reattach(string? backingFile = null)
    {
        string device = Path;
        RemovePartitions();
        Shell.Run("losetup", "-d", device);
        BackingFile = backingFile ?? BackingFile;
        Retry(() => Shell.Run("losetup", device, BackingFile));
        AddPartitions();
    }

    /// <summary>Makes the disk and its file larger, in use.</summary>
    public void Grow(long bytes)
    {
        using (FileStream file = File.OpenWrite(BackingFile)) file.SetLength(bytes);
        Shell.Run("losetup", "-c", Path);
    }

    /// <summary>Mounts the disk (or its partition) at a new directory.</summary>
    public string Mount(string directory, string? device = null, string options = "noatime")
    {
        Directory.CreateDirectory(directory);
        Shell.Run("mount", "-o", options, device ?? Path, directory);
        _mounts.Add(directory);
        return directory;
    }

    /// <summary>Unmounts one of them.</summary>
    public void Unmount(string directory)
    {
        // A process that another thread starts just now holds all open files for a moment.
        Retry(() => Shell.Run("umount", directory));
        _mounts.Remove(directory);
    }

    public void Dispose()
    {
        try
        {
            foreach (string mount in Enumerable.Reverse(_mounts).ToArray()) Unmount(mount);
        }
        finally
        {
            RemovePartitions();
            Shell.TryRun("losetup", "-d", Path);
            File.Delete(BackingFile);
        }
    }

    /// <summary>Told to the kernel one by one: not every kernel reads partition tables by itself.</summary>
    private void AddPartitions()
    {
        for (int i = 0; i < _partitions.Length; i++) Shell.Run("addpart", Path, $"{i + 1}", $"{_partitions[i].Start}", $"{_partitions[i].Sectors}");
    }

    /// <summary>They would outlive the loop device.</summary>
    private void RemovePartitions()
    {
        for (int i = 0; i < _partitions.Length; i++) Shell.TryRun("delpart", Path, $"{i + 1}");
    }

    /// <summary>Attaches a file to a free loop device and says which. Two processes at once can choose the same one; another try takes the next.</summary>
    public static string AttachFree(params string[] arguments) => Retry(() => Shell.Run("losetup", ["--find", "--show", .. arguments])).Trim();

    /// <summary>Tries again for some seconds.</summary>
    private static string Retry(Func<string> attach)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return attach();
            }
            catch (InvalidOperationException) when (attempt < 20)
            {
                Thread.Sleep(10 * attempt);
            }
        }
    }
}
