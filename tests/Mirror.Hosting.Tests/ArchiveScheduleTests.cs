using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Control;
using Mirror.Driver.Files;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption;
using Mirror.Dump.Encryption.Age;
using Mirror.Dump.FileSystems;
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
            Rule = ArchiveRule.Parse("daily=2,min-age=1m"),
            Rules = new Dictionary<string, ArchiveRule?> { ["spared"] = null },
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
        await using ArchiveSchedule schedule = Schedule(new ArchivePlan { Directory = Path.Combine(root, "archives"), Rule = ArchiveRule.Parse("hourly=2") }, home);
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
        Assert.Contains("Volume home", home.ArchiveError, StringComparison.Ordinal);
        Assert.Contains("'archive-volume = home=none'", home.ArchiveError, StringComparison.Ordinal);
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
        await using ArchiveSchedule schedule = Schedule(new ArchivePlan { Directory = Path.Combine(root, "archives"), Rule = ArchiveRule.Parse("daily=1") }, home);
        await schedule.LookAsync(CancellationToken.None);
        Assert.Null(home.ArchiveError);
        Assert.Equal(["2026-11-02T01-30-00Z.p1.dump"], Archives("home"));
    }

    [SkippableFact]
    public async Task Levels_by_the_rule_are_there_with_all_that_they_build_on_and_give_back_the_volume_of_their_day()
    {
        FakeViewedVolume home = new("home", Path.Combine(root, "image"));
        Fill("image");
        ArchivePlan plan = new() { Directory = Path.Combine(root, "archives"), Rule = ArchiveRule.Parse("daily=3,level0=weekly,level1=daily,min-age=1m"), CompressionLevel = 1 };
        await using ArchiveSchedule schedule = Schedule(plan, home);
        string shelf = Path.Combine(root, "archives/home");
        List<string> levels = [];
        // Monday to the Tuesday of the week after next.
        for (int day = 0; day < 16; day++)
        {
            Change("image", day);
            await schedule.LookAsync(CancellationToken.None);
            await schedule.LookAsync(CancellationToken.None);
            Assert.Null(home.ArchiveError);
            int level = day % 7 == 0 ? 0 : 1;
            levels.Add($"2026-11-{2 + day:00}T01-30-00Z{(level == 0 ? "" : ".level1")}.dump");
            Assert.Equal(new LastArchive(clock.Now, level), home.LastArchive);
            // The last three days, and the level 0 that those build on.
            string[] newest = [.. levels.TakeLast(3)];
            Assert.Equal([.. levels.Where((l, i) => i % 7 == 0 && newest.Any(n => n.Contains("level1", StringComparison.Ordinal) && levels.IndexOf(n) / 7 == i / 7) && !newest.Contains(l)), .. newest], Archives("home"));
            AssertRestored(level == 0 ? [levels[^1]] : [levels[day / 7 * 7], levels[^1]]);
            clock.Now += TimeSpan.FromDays(1);
        }

        // A level 0 that somebody took away, and a file system that is another one, are nothing to build on.
        File.Delete(Path.Combine(shelf, levels[14]));
        await schedule.LookAsync(CancellationToken.None);
        Assert.Equal(new LastArchive(clock.Now, 0), home.LastArchive);
        clock.Now += TimeSpan.FromDays(1);
        Fill("image");
        await schedule.LookAsync(CancellationToken.None);
        Assert.Equal(new LastArchive(clock.Now, 0), home.LastArchive);
        Assert.Equal("2026-11-19T01-30-00Z.dump", Archives("home")[^1]);

        // What is to be restored tells it: in another directory than the one before, level by level.
        void AssertRestored(string[] chain)
        {
            string back = Path.Combine(root, "back");
            if (Directory.Exists(back)) Directory.Delete(back, recursive: true);
            using RestoreTarget target = RestoreTarget.Open(back, create: true);
            foreach (string name in chain) Assert.Empty(ArchiveOperations.RestoreLevel(new FileVolumeSource([Path.Combine(shelf, name)]), null, target, null, CancellationToken.None).Problems);
            using IFileSystem now = FileSystem.Open(Path.Combine(root, "image"));
            using FileVolumeSet whole = new(Path.Combine(root, "whole.dump"), several: false, replace: true, new FileDurability());
            ArchiveOperations.Dump(now, new DumpRequest(), whole, null, null, null, CancellationToken.None);
            UndumpResult same = ArchiveOperations.Compare(new FileVolumeSource([Path.Combine(root, "whole.dump")]), null, target, [], null, CancellationToken.None);
            Assert.True(same.IsGood, string.Join('\n', same.Problems.Concat(same.Differences)));
            // And nothing that was removed.
            Assert.Equal(ArchiveOperations.List(new FileVolumeSource([Path.Combine(root, "whole.dump")]), null, []).Where(e => !e.IsDirectory).Select(e => e.Path).Order(StringComparer.Ordinal),
                Directory.GetFiles(back, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(back, f)).Where(f => !f.StartsWith(".diskmirror", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        }
    }

    [SkippableFact]
    public async Task A_full_directory_of_archives_is_told_with_the_next_step_leaves_nothing_and_heals()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess && OperatingSystem.IsLinux(), "needs root, for a small file system");
        string archives = Path.Combine(root, "archives");
        Directory.CreateDirectory(archives);
        FakeViewedVolume home = new("home", Path.Combine(root, "image"));
        Fill("image", extra: 1 << 20);
        Run("mount", "-t", "tmpfs", "-o", "size=512k", "none", archives);
        try
        {
            await using ArchiveSchedule schedule = Schedule(new ArchivePlan { Directory = archives, Rule = ArchiveRule.Parse("daily=7,level0=weekly,level1=daily") }, home);
            await schedule.LookAsync(CancellationToken.None);
            Assert.Contains("Volume home", home.ArchiveError, StringComparison.Ordinal);
            Assert.Contains($"Make room in {archives}", home.ArchiveError, StringComparison.Ordinal);
            Assert.Empty(Archives("home"));
            Assert.Null(home.LastArchive);
            Run("mount", "-o", "remount,size=16m", archives);
            clock.Now += TimeSpan.FromMinutes(11);
            await schedule.LookAsync(CancellationToken.None);
            Assert.Null(home.ArchiveError);
            Assert.Equal(new LastArchive(clock.Now, 0), home.LastArchive);
        }
        finally
        {
            Run("umount", archives);
        }
    }

    [Fact]
    public void Settings_that_do_not_fit_are_refused_with_their_place()
    {
        Assert.Null(Read([]).Archives);
        Assert.Equal("daily=7,min-age=1440m", Read(["archives = daily=7", "archive-directory = /srv"]).Archives!.RuleOf("x")!.ToString());
        ArchivePlan own = Read(["archive-volume = x=daily=3", "archive-volume = y=none", "archives = weekly=1", "archive-directory = /srv", "archive-compress = zlib"]).Archives!;
        Assert.Equal(("daily=3,min-age=1440m", null, 2), (own.RuleOf("x")!.ToString(), own.RuleOf("y"), own.CompressionLevel));
        foreach (string[] lines in (string[][])[["archives = daily=7"], ["archives = often", "archive-directory = /srv"], ["archives = daily=7", "archive-directory = /srv", "archive-recipient = age1nobody"],
            ["archive-volume = x", "archive-directory = /srv"], ["archives = level0=weekly", "archive-directory = /srv"], ["archive-volume = x=daily=1,level1=daily", "archive-directory = /srv"], ["archives = daily=1", "archive-directory = /srv", "archive-compress = lzo"]])
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
        return Directory.Exists(place) ? [.. Directory.GetFiles(place).Where(f => Path.GetFileName(f) != "dumpdates").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)] : [];
    }

    /// <summary>What a day does to a file system: something new, something else changed, something gone, something moved.</summary>
    private void Change(string image, int day)
    {
        Skip.IfNot(File.Exists("/usr/sbin/debugfs") || File.Exists("/sbin/debugfs"), "needs debugfs, of e2fsprogs");
        string content = Path.Combine(root, $"day{day}"), script = Path.Combine(root, "script");
        File.WriteAllText(content, $"what day {day} brought");
        List<string> lines = [$"write {content} new{day}", "cd deep", "rm changes", $"write {content} changes", "cd /"];
        if (day > 1) lines.AddRange([$"ln new{day - 1} deep/moved{day - 1}", $"unlink new{day - 1}", $"rm deep/moved{day - 2}", $"sif deep/moved{day - 1} ctime now"]);
        File.WriteAllLines(script, [.. lines, "sif / ctime now", "sif deep ctime now"]);
        Run("debugfs", "-w", "-f", script, Path.Combine(root, image));
    }

    private static void Run(string program, params string[] arguments)
    {
        string path = ((string[])["/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"]).Select(d => d + program).FirstOrDefault(File.Exists) ?? program;
        using Process process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {output}{error.Result}");
    }

    private void Fill(string image, int extra = 0)
    {
        string? program = ((string[])["/usr/sbin/mke2fs", "/sbin/mke2fs"]).FirstOrDefault(File.Exists);
        Skip.If(program is null, "needs mke2fs, of e2fsprogs");
        Directory.CreateDirectory(Path.Combine(root, "tree/deep"));
        File.WriteAllText(Path.Combine(root, "tree/deep/file"), "content");
        File.WriteAllText(Path.Combine(root, "tree/deep/changes"), "now and then");
        if (extra > 0) File.WriteAllBytes(Path.Combine(root, "tree/extra"), System.Security.Cryptography.RandomNumberGenerator.GetBytes(extra));
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
