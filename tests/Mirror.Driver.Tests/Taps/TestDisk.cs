using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>A loop device over a sparse file in memory, and a place for pins and locks of its own. Everything is gone afterwards.</summary>
internal sealed class TestDisk : IDisposable
{
    private readonly string _file;
    private readonly List<Action> _cleanups = [];

    /// <param name="bytes">Size of the disk; the file is sparse.</param>
    /// <param name="directory">Where the file is: what a loop device can do (write-zeroes) is what the file system there can.</param>
    public TestDisk(long bytes, string directory = "/dev/shm")
    {
        Name = "t" + Guid.NewGuid().ToString("N")[..12];
        _file = $"{directory}/dm-tap-{Name}";
        using (FileStream file = File.Create(_file)) file.SetLength(bytes);
        Bytes = bytes;
        Attach();
    }

    public string Name { get; }

    public string Path { get; private set; } = "";

    public string BackingFile => _file;

    public long Bytes { get; }

    public string RunDirectory => $"/run/dm-test-{Name}";

    public string PinDirectory => $"/sys/fs/bpf/dm-test-{Name}";

    public TapOptions Options => new() { Volume = Name, DiskPath = Path, PinDirectory = PinDirectory, RunDirectory = RunDirectory };

    public static void SkipUnlessTappable()
    {
        Skip.IfNot(TapProbe.ExamineMachine() is null, TapProbe.ExamineMachine());
        Skip.IfNot(File.Exists("/dev/loop-control"), "no loop devices");
    }

    public EbpfTap Open() => EbpfTap.Open(Options);

    public Thread[] Hammer(int threads, CancellationToken stop) => DirectWriter.Hammer(Path, Bytes, threads, stop);

    public void Attach() => Path = Shell.AttachLoop(_file);

    /// <summary>Tells the kernel of partitions (first sector, sectors), with no table on the disk: not every kernel reads tables.</summary>
    public void Partition(params (long Start, long Sectors)[] parts)
    {
        for (int i = 0; i < parts.Length; i++) Shell.Run($"addpart {Path} {i + 1} {parts[i].Start} {parts[i].Sectors}");
        long deadline = Environment.TickCount64 + 60_000;
        while (!File.Exists($"{Path}p{parts.Length}"))
        {
            if (Environment.TickCount64 > deadline) throw new InvalidOperationException("The partitions did not appear.");
            Thread.Sleep(10);
        }
    }

    public void Detach() => Shell.Run($"losetup -d {Path}");

    /// <summary>Attaches the file again under the same number. Meanwhile another test can have been given that number: then until it gives it back.</summary>
    public void AttachAgain()
    {
        long deadline = Environment.TickCount64 + 60_000;
        while (Shell.Try($"losetup {Path} {_file}") is { Code: not 0 } failed)
        {
            if (Environment.TickCount64 > deadline) throw new InvalidOperationException($"{Path} could not be had again: {failed.Output}");
            Thread.Sleep(10);
        }
    }

    public void Cleanup(Action action) => _cleanups.Add(action);

    /// <summary>Mounts an ext4 made on the disk (or on a part of it).</summary>
    public string Mount(string device)
    {
        string at = $"/tmp/dm-tap-mount-{Name}";
        Directory.CreateDirectory(at);
        Shell.Run($"mount {device} {at}");
        Cleanup(() =>
        {
            Shell.Try($"mountpoint -q {at} && umount {at}");
            Directory.Delete(at);
        });
        return at;
    }

    /// <summary>The disk's bytes, past the cache of the device.</summary>
    public byte[] Content(string? device = null)
    {
        device ??= Path;
        string copy = $"/dev/shm/dm-tap-copy-{Guid.NewGuid():N}";
        try
        {
            Shell.Run($"dd if={device} of={copy} bs=1M iflag=direct status=none");
            return File.ReadAllBytes(copy);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    public void Dispose()
    {
        for (int i = _cleanups.Count - 1; i >= 0; i--) _cleanups[i]();
        for (int i = 1; File.Exists($"{Path}p{i}"); i++) Shell.Try($"delpart {Path} {i}");
        Shell.Try($"losetup -d {Path}");
        File.Delete(_file);
        TapPrograms.RemovePins(System.IO.Path.Combine(PinDirectory, Name));
        if (Directory.Exists(PinDirectory)) Directory.Delete(PinDirectory);
        if (Directory.Exists(RunDirectory)) Directory.Delete(RunDirectory, recursive: true);
    }
}
