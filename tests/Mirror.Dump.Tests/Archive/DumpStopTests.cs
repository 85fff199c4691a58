using Mirror.Dump.Archive;
using Mirror.Dump.Archive.Writing;
using Mirror.Dump.FileSystems;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Archive;

/// <summary>A dump that cannot go on ends, whatever its planner and workers wait for at that moment.</summary>
public sealed class DumpStopTests
{
    /// <summary>Far more than all units of the pipeline hold, so that the planner waits for them.</summary>
    private const int FileBytes = 40 << 20;

    private const int FirstBytes = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [SkippableTheory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(2, 3 << 20)]
    public async Task Output_that_fails_ends_it_with_the_reason(int level, long volumeBytes)
    {
        using ExtImage image = Image();
        Task dump = Start(image, level, volumeBytes, () => throw new IOException("no space left"), CancellationToken.None);
        IOException reason = await Assert.ThrowsAsync<IOException>(() => dump.WaitAsync(Patience));
        Assert.Contains("no space left", reason.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(2, 3 << 20)]
    public async Task Cancelling_ends_it(int level, long volumeBytes)
    {
        using ExtImage image = Image();
        using CancellationTokenSource stop = new();
        Task dump = Start(image, level, volumeBytes, stop.Cancel, stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dump.WaitAsync(Patience));
    }

    private static ExtImage Image() => ExtImage.Make(64 << 20, "-t ext4 -b 4096 -N 64", root => File.WriteAllBytes(Path.Combine(root, "file"), Samples.Noise(FileBytes, seed: 3)));

    private static Task Start(ExtImage image, int level, long volumeBytes, Action onWrite, CancellationToken cancellation) => Task.Run(
        () =>
        {
            using IFileSystem source = FileSystem.Open(image.File);
            ArchiveOperations.Dump(source, new DumpRequest { CompressionLevel = level, VolumeBytes = volumeBytes }, new Volumes(onWrite), null, null, null, cancellation);
        },
        CancellationToken.None);

    private sealed class Volumes(Action onWrite) : IVolumeSet
    {
        private int _opened;

        public Stream Open(int volume) => new Output(_opened++ == 0 ? FirstBytes : 0, onWrite);

        public void Complete()
        {
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Takes so many bytes, then calls at each write.</summary>
    private sealed class Output(int room, Action onWrite) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Length + buffer.Length > room) onWrite();
            base.Write(buffer);
        }
    }
}
