using System.Globalization;

namespace Mirror.EndToEnd.Tests.Chaos;

/// <summary>
/// Writes in a file system: a ledger that only grows, each line synced; files that are written under another name, synced, renamed, and the
/// directory synced; and trees that come and go and are never synced.
/// </summary>
internal sealed class FileWorkload(string type, LoopDisk disk, string mount, int seed) : Workload
{
    private const int Slots = 16;

    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();
    private readonly long[] _known = new long[1 + Slots];      // the ledger's last line, and the version of each file

    public override long[] Known()
    {
        lock (_lock) return [.. _known];
    }

    public override void Prepare()
    {
        Shell.Run($"mkfs.{type}", type switch { "ext4" => ["-q", disk.Path], "xfs" => ["-q", "-f", disk.Path], _ => ["-q", "-f", "-m", "single", disk.Path] });
        disk.Mount(mount);
        Directory.CreateDirectory(Path.Combine(mount, "files"));
        // So that what changes is less than a fifth of the image: a scan after a power cut would stop and ask, else.
        Shell.Script($"head -c 64M /dev/urandom > '{mount}/ballast'; sync -f '{mount}'");
    }

    public override void CutPower()
    {
        // Known before: an fsync that ends while ext4 is being shut down is told that it succeeded, and what it was for is lost in one such case of ten (Linux 6.18).
        long[] known = Known();
        // The file system stops at once and forgets what it has not written; Btrfs of this age has no such command and is only unmounted.
        if (type != "btrfs") Shell.Run("xfs_io", "-x", "-c", "shutdown", mount);
        Stop();
        disk.Unmount(mount);
        disk.Mount(mount);
        Check(mount, known);
        Recount();
    }

    public override void Leave()
    {
        Stop();
        disk.Unmount(mount);
    }

    public override void Return()
    {
        disk.Mount(mount);
        Recount();
    }

    public override void Verify(string device, string at, long[] known)
    {
        Directory.CreateDirectory(at);
        // The mount replays the journal; then nothing may be left to mend. nouuid: the disk itself is mounted as well. (Btrfs gives the copy an id of its own, from Linux 6.7 on.)
        Shell.Run("mount", "-o", type == "xfs" ? "nouuid" : "noatime", device, at);
        try
        {
            Check(at, known);
        }
        finally
        {
            Shell.Run("umount", at);
        }
        _ = type switch
        {
            "ext4" => Shell.Run("e2fsck", "-fn", device),
            "xfs" => Shell.Run("xfs_repair", "-n", device),
            _ => Shell.Run("btrfs", "check", "--readonly", device),
        };
    }

    protected override void Step()
    {
        long n;
        using (FileStream ledger = Open(Path.Combine(mount, "ledger"), FileMode.OpenOrCreate))
        {
            // After a power cut the last line may be there in part.
            n = LastLine(ledger, out long end) + 1;
            ledger.SetLength(end);
            ledger.Position = end;
            ledger.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{n}\n")));
            ledger.Flush(flushToDisk: true);
        }
        lock (_lock) _known[0] = n;
        int slot = (int)(n % Slots);
        string name = Path.Combine(mount, "files", $"f{slot}");
        using (FileStream file = Open(name + ".new", FileMode.Create))
        {
            file.Write(Content(n));
            file.Flush(flushToDisk: true);
        }
        File.Move(name + ".new", name, overwrite: true);
        Posix.SyncDirectory(Path.Combine(mount, "files"));
        lock (_lock) _known[1 + slot] = n;
        Unsynced(n);
        // Slow enough for a link of 1 MB/s to be caught up with, sooner or later.
        Thread.Sleep(_random.Next(10, 50));
    }

    /// <summary>Known is what the mounted disk has.</summary>
    private void Recount()
    {
        long[] found = new long[1 + Slots];
        if (File.Exists(Path.Combine(mount, "ledger")))
        {
            using FileStream ledger = Open(Path.Combine(mount, "ledger"), FileMode.Open);
            found[0] = LastLine(ledger, out _);
        }
        for (int slot = 0; slot < Slots; slot++)
        {
            string file = Path.Combine(mount, "files", $"f{slot}");
            if (File.Exists(file)) found[1 + slot] = BitConverter.ToInt64(File.ReadAllBytes(file));
        }
        lock (_lock) found.CopyTo(_known, 0);
    }

    private void Unsynced(long n)
    {
        string tree = Path.Combine(mount, $"tree{n % 3}");
        if (Directory.Exists(tree)) Directory.Delete(tree, recursive: true);
        Directory.CreateDirectory(tree);
        byte[] noise = new byte[_random.Next(40_000)];
        _random.NextBytes(noise);
        for (int i = 0; i < 3; i++) File.WriteAllBytes(Path.Combine(tree, $"n{i}"), noise);
    }

    /// <summary>Everything known is there, and whole.</summary>
    private static void Check(string at, long[] known)
    {
        string ledger = Path.Combine(at, "ledger");
        string[] lines = File.Exists(ledger) ? File.ReadAllText(ledger).Split('\n') : [""];
        Assert.True(lines.Length - 1 >= known[0], $"The ledger has {lines.Length - 1} lines, and {known[0]} were synced.");
        for (int i = 0; i < lines.Length - 1; i++) Assert.Equal($"{i + 1}", lines[i]);
        for (int slot = 0; slot < Slots; slot++)
        {
            if (known[1 + slot] == 0) continue;
            byte[] content = File.ReadAllBytes(Path.Combine(at, "files", $"f{slot}"));
            long version = content.Length >= 8 ? BitConverter.ToInt64(content) : 0;
            Assert.True(version >= known[1 + slot], $"File {slot} has version {version} ({content.Length} bytes), and {known[1 + slot]} was synced.");
            Assert.True(content.AsSpan().SequenceEqual(Content(version)), $"File {slot} of version {version} is damaged.");
        }
    }

    private static byte[] Content(long version)
    {
        var random = new Random((int)version);
        byte[] content = new byte[8 + random.Next(60_000)];
        random.NextBytes(content);
        BitConverter.TryWriteBytes(content, version);
        return content;
    }

    private static FileStream Open(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);

    /// <summary>The number of the last whole line, and where it ends.</summary>
    private static long LastLine(FileStream ledger, out long end)
    {
        byte[] tail = new byte[Math.Min(256, ledger.Length)];
        ledger.Position = ledger.Length - tail.Length;
        ledger.ReadExactly(tail);
        int stop = Array.LastIndexOf(tail, (byte)'\n');
        end = stop < 0 ? 0 : ledger.Length - tail.Length + stop + 1;
        if (stop < 0) return 0;
        int begin = stop == 0 ? 0 : Array.LastIndexOf(tail, (byte)'\n', stop - 1) + 1;
        return long.Parse(tail.AsSpan(begin, stop - begin), CultureInfo.InvariantCulture);
    }
}
