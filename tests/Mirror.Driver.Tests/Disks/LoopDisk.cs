namespace Mirror.Driver.Tests.Disks;

/// <summary>A real loop device over a file in memory, gone after the test.</summary>
internal sealed class LoopDisk : IDisposable
{
    private readonly bool _ownsFile;

    private LoopDisk(string file, string path, bool ownsFile) => (File, Path, _ownsFile) = (file, path, ownsFile);

    public string File { get; }

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    public static bool Possible => Environment.IsPrivilegedProcess && System.IO.File.Exists("/dev/loop-control");

    /// <summary>Makes a file of this size whose every 512-byte sector tells its own number, and attaches it.</summary>
    public static LoopDisk Create(long bytes, int logicalBlock = 512, string options = "") => Create(bytes, Content(0, (int)Math.Min(bytes, 16 << 20)), logicalBlock, options);

    /// <summary>Makes a sparse file of this size, and attaches it.</summary>
    public static LoopDisk CreateBlank(long bytes, int logicalBlock = 512) => Create(bytes, [], logicalBlock, "");

    public static LoopDisk Attach(string file, int logicalBlock = 512, string options = "", bool ownsFile = false)
    {
        try
        {
            return new LoopDisk(file, Shell.AttachLoop($"-b {logicalBlock} {options} {file}"), ownsFile);
        }
        catch when (ownsFile)
        {
            System.IO.File.Delete(file);
            throw;
        }
    }

    /// <summary>What <see cref="Create(long, int, string)"/> put at an offset.</summary>
    public static byte[] Content(long offset, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte)((((offset + i) / 512) * 2654435761L >> (int)(((offset + i) % 8) * 3)) ^ (offset + i));
        return bytes;
    }

    public void Detach() => Shell.Run($"losetup -d {Path}");

    public void Dispose()
    {
        try
        {
            if (System.IO.File.Exists($"/sys/block/{Name}/loop/backing_file")
                && System.IO.File.ReadAllText($"/sys/block/{Name}/loop/backing_file").StartsWith(File, StringComparison.Ordinal))
                Detach();
        }
        finally
        {
            if (_ownsFile) System.IO.File.Delete(File);
        }
    }

    private static LoopDisk Create(long bytes, byte[] content, int logicalBlock, string options)
    {
        string file = $"/dev/shm/disk-test-{Guid.NewGuid():N}.img";
        using (var stream = new FileStream(file, FileMode.CreateNew))
        {
            stream.SetLength(bytes);
            stream.Write(content);
        }
        return Attach(file, logicalBlock, options, ownsFile: true);
    }
}
