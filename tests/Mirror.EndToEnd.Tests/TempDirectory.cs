namespace Mirror.EndToEnd.Tests;

/// <summary>A directory of a test's own.</summary>
internal sealed class TempDirectory : IDisposable
{
    /// <summary>In memory where possible, so that the machine's disk is not what is measured.</summary>
    public TempDirectory(bool memory = false)
    {
        Path = System.IO.Path.Combine(memory && Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath(), $"dm-e2e-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
