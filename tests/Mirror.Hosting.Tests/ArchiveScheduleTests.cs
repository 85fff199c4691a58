using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Control;
using Mirror.Core.Store;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption;
using Mirror.Dump.Encryption.Age;
using Mirror.Hosting.Archives;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting.Tests;

/// <summary>A server's archives by rule; the volume is an image that mke2fs fills.</summary>
public sealed class ArchiveScheduleTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("dma-").FullName;
    private readonly ManualClock clock = new();

    public void Dispose() => Directory.Delete(root, recursive: true);

    [SkippableFact]
    public async Task Archives_are_written_when_due_encrypted_to_an_identity_that_is_elsewhere_and_the_rule_removes_them()
    {
        using AgeIdentity identity = AgeIdentity.New(), stranger = AgeIdentity.New();
        FakeViewedVolume home = new("home", Path.Combine(root, "image")), spared = new("spared", Path.Combine(root, "image"));
        ArchivePlan plan = new()
        {
            Directory = Path.Combine(root, "archives"),
            Rule = SnapshotRule.Parse("daily=2,min-age=1m"),
            Rules = new Dictionary<string, SnapshotRule?> { ["spared"] = null },
            Recipients = [identity.Recipient],
            CompressionLevel = 2,
        };
        await using ArchiveSchedule schedule = Schedule(plan, home, spared);
        // Never consistent yet.
        await schedule.LookAsync(CancellationToken.None);
        Assert.Empty(Archives("home"));
        Fill("image");
        for (int day = 0; day < 4; day++)
        {
            await schedule.LookAsync(CancellationToken.None);
            await schedule.LookAsync(CancellationToken.None);
            Assert.Equal(Math.Min(day + 1, 2), Archives("home").Length);
            clock.Now += TimeSpan.FromDays(1);
        }
        Assert.Equal(["2026-11-04T01-30-00Z.dump", "2026-11-05T01-30-00Z.dump"], Archives("home"));
        Assert.Empty(Archives("spared"));
        Assert.Equal((null, 0), (home.ArchiveError, home.Open));
        FileVolumeSource archive = new([Path.Combine(root, "archives/home", Archives("home")[0])]);
        using ArchiveOpener wrong = new([stranger]);
        Assert.Throws<AgeFormatException>(() => ArchiveOperations.Check(archive, wrong, null, CancellationToken.None));
        using ArchiveOpener opener = new([identity]);
        UndumpResult found = ArchiveOperations.Check(archive, opener, null, CancellationToken.None);
        Assert.True(found.IsGood);
        Assert.Contains(ArchiveOperations.List(archive, opener, []), e => e.Path == "deep/file");
    }

    [SkippableFact]
    public async Task A_failure_is_shown_leaves_nothing_behind_and_is_tried_again()
    {
        FakeViewedVolume home = new("home", Path.Combine(root, "image"));
        await using ArchiveSchedule schedule = Schedule(new ArchivePlan { Directory = Path.Combine(root, "archives"), Rule = SnapshotRule.Parse("hourly=2") }, home);
        home.Failure = new MirrorControlException("The store has failed.");
        await schedule.LookAsync(CancellationToken.None);
        Assert.Contains("The store has failed.", home.ArchiveError, StringComparison.Ordinal);
        home.Failure = null;
        // No file system at all; and not before its time.
        File.WriteAllBytes(Path.Combine(root, "image"), new byte[1 << 20]);
        await schedule.LookAsync(CancellationToken.None);
        Assert.Contains("The store has failed.", home.ArchiveError, StringComparison.Ordinal);
        clock.Now += TimeSpan.FromMinutes(11);
        await schedule.LookAsync(CancellationToken.None);
        Assert.Contains("no file system", home.ArchiveError, StringComparison.Ordinal);
        Assert.Empty(Archives("home"));
        Assert.Equal(0, home.Open);
        Fill("image");
        File.WriteAllText(Path.Combine(root, "archives/home/2026-11-01T00-00-00Z.dump.incomplete"), "of a crash");
        clock.Now += TimeSpan.FromMinutes(11);
        await schedule.LookAsync(CancellationToken.None);
        Assert.Null(home.ArchiveError);
        Assert.Equal(["2026-11-02T01-52-00Z.dump"], Archives("home"));
    }

    [SkippableFact]
    public async Task Of_a_disk_with_partitions_each_that_can_be_read_is_archived()
    {
        Fill("part");
        byte[] part = File.ReadAllBytes(Path.Combine(root, "part"));
        const int first = 1 << 20, swap = 1 << 20;
        byte[] disk = new byte[first + part.Length + swap];
        part.CopyTo(disk, first);
        Partition(disk, 0, first, part.Length, 0x83);
        Partition(disk, 1, first + part.Length, swap, 0x82);
        (disk[510], disk[511]) = (0x55, 0xAA);
        File.WriteAllBytes(Path.Combine(root, "image"), disk);
        FakeViewedVolume home = new("home", Path.Combine(root, "image"));
        await using ArchiveSchedule schedule = Schedule(new ArchivePlan { Directory = Path.Combine(root, "archives"), Rule = SnapshotRule.Parse("daily=1") }, home);
        await schedule.LookAsync(CancellationToken.None);
        Assert.Null(home.ArchiveError);
        Assert.Equal(["2026-11-02T01-30-00Z.p1.dump"], Archives("home"));
    }

    [Fact]
    public void Settings_that_do_not_fit_are_refused_with_their_place()
    {
        Assert.Null(Read([]).Archives);
        Assert.Equal("daily=7,min-age=1440m", Read(["archives = daily=7", "archive-directory = /srv"]).Archives!.RuleOf("x")!.ToString());
        ArchivePlan own = Read(["archive-volume = x=daily=3", "archive-volume = y=none", "archives = weekly=1", "archive-directory = /srv", "archive-compress = zlib"]).Archives!;
        Assert.Equal(("daily=3,min-age=1440m", null, 2), (own.RuleOf("x")!.ToString(), own.RuleOf("y"), own.CompressionLevel));
        foreach (string[] lines in (string[][])[["archives = daily=7"], ["archives = often", "archive-directory = /srv"], ["archives = daily=7", "archive-directory = /srv", "archive-recipient = age1nobody"],
            ["archive-volume = x", "archive-directory = /srv"], ["archives = daily=1", "archive-directory = /srv", "archive-compress = lzo"]])
            Assert.Throws<UsageException>(() => Read(lines));
    }

    private ServerSettings Read(string[] lines)
    {
        string file = Path.Combine(root, "server.conf"), secret = Path.Combine(root, "master");
        if (!File.Exists(secret)) SecretOperations.Make(secret);
        File.WriteAllLines(file, [.. lines, "store = /nowhere", $"secret-file = {secret}", "listen = 127.0.0.1:0"]);
        return ServerSettings.Read(SettingSource.Load(SettingFace.CommandLine, new Dictionary<string, IReadOnlyList<string>>(), file, ServerSettings.UsualFile, ServerSettings.Keys));
    }

    private ArchiveSchedule Schedule(ArchivePlan plan, params IMirrorRole[] volumes) => new(plan, () => volumes, clock, NullLogger.Instance);

    private string[] Archives(string volume)
    {
        string place = Path.Combine(root, "archives", volume);
        return Directory.Exists(place) ? [.. Directory.GetFiles(place).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)] : [];
    }

    private void Fill(string image)
    {
        string? program = ((string[])["/usr/sbin/mke2fs", "/sbin/mke2fs"]).FirstOrDefault(File.Exists);
        Skip.If(program is null, "needs mke2fs, of e2fsprogs");
        Directory.CreateDirectory(Path.Combine(root, "tree/deep"));
        File.WriteAllText(Path.Combine(root, "tree/deep/file"), "content");
        File.Delete(Path.Combine(root, image));
        using Process made = Process.Start(new ProcessStartInfo(program!, ["-q", "-t", "ext4", "-d", Path.Combine(root, "tree"), Path.Combine(root, image), "4M"]))!;
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }

    private static void Partition(byte[] disk, int index, int start, int length, byte type)
    {
        Span<byte> entry = disk.AsSpan(446 + (16 * index), 16);
        entry[4] = type;
        BitConverter.TryWriteBytes(entry[8..], start / 512);
        BitConverter.TryWriteBytes(entry[12..], length / 512);
    }
}
