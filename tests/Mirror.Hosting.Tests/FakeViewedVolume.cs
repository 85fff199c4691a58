using Mirror.Core.Control;
using Mirror.Core.Store;

namespace Mirror.Hosting.Tests;

/// <summary>A volume of a server whose last consistent mark is a file; none while there is no file.</summary>
internal sealed class FakeViewedVolume(string name, string file) : IViewedRole
{
    public MirrorStatus Status { get; } = new() { Role = MirrorRole.Server, Volume = name, Disk = file, State = MirrorState.Live };

    public string? ArchiveError { get; set; }

    public LastArchive? LastArchive { get; set; }

    /// <summary>Thrown by what opens it.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Views that are open.</summary>
    public int Open { get; private set; }

    public Task<IConsistentView?> OpenConsistentAsync(CancellationToken cancellation)
    {
        if (Failure is not null) throw Failure;
        if (!File.Exists(file)) return Task.FromResult<IConsistentView?>(null);
        Open++;
        return Task.FromResult<IConsistentView?>(new View(this, File.ReadAllBytes(file)));
    }

    public Task WaitIdleAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task RescanAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task AdoptAsync(bool replace, CancellationToken cancellation) => Task.CompletedTask;

    public Task StopAsync(bool keepTracking, CancellationToken cancellation) => Task.CompletedTask;

    private sealed class View(FakeViewedVolume volume, byte[] bytes) : IConsistentView
    {
        public ImageMark Mark => new(1, 1, true, 0, 1, Guid.Empty);

        public string? ImagePath => null;

        public long SizeBytes => bytes.Length;

        public void Read(long offset, Span<byte> destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);

        public bool NextData(long from, out long start, out long end)
        {
            (start, end) = (from, bytes.Length);
            return from < bytes.Length;
        }

        public void Dispose() => volume.Open--;
    }
}
