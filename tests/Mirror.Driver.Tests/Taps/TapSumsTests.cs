using System.Globalization;
using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>Nothing that was written is ever unknown: what the programs did not see, the sums and the issue bitmap do.</summary>
public sealed class TapSumsTests
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hidden_completions_are_a_hole_that_the_issue_bitmap_covers(bool bioBased)
    {
        using var setting = new Setting(bioBased);
        using EbpfTap tap = setting.Open(hideCompletions: 10, hideIssues: 0);
        setting.Write(tap, 100);
        Assert.Equal(SumsVerdict.Hole, tap.CheckSums());
        Assert.Equal(SumsVerdict.Hole, tap.CheckSums());
        var issued = new HierarchicalBitmap(setting.Bytes / 4096);
        tap.CopyIssuedTo(issued);
        Assert.Equal(100, issued.Count);
        tap.Flip();
        Assert.Equal(90, EbpfTapTests.Members(tap).Count);
        tap.AcceptSums();
        Assert.Equal(1, tap.Counters.Holes);
        Assert.Equal(SumsVerdict.Agree, tap.CheckSums());
        tap.Unpin();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_issue_events_hidden_too_only_a_scan_helps(bool bioBased)
    {
        using var setting = new Setting(bioBased);
        using EbpfTap tap = setting.Open(hideCompletions: 10, hideIssues: 10);
        setting.Write(tap, 100);
        Assert.Equal(SumsVerdict.Lost, tap.CheckSums());
        tap.AcceptSums();
        Assert.Equal(1, tap.Counters.Holes);
        Assert.Equal(SumsVerdict.Agree, tap.CheckSums());
        tap.Unpin();
    }

    [SkippableFact]
    public void With_the_comparison_switched_off_a_hole_is_overlooked()
    {
        using var setting = new Setting(bioBased: false);
        using EbpfTap tap = setting.Open(hideCompletions: 10, hideIssues: 0, compare: false);
        setting.Write(tap, 100);
        Assert.Equal(SumsVerdict.Agree, tap.CheckSums());
        tap.Unpin();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hidden_issue_events_alone_lose_nothing(bool bioBased)
    {
        using var setting = new Setting(bioBased);
        using EbpfTap tap = setting.Open(hideCompletions: 0, hideIssues: 10);
        setting.Write(tap, 100);
        // A bio whose queueing was not seen cannot be followed to its completion.
        Assert.Equal(bioBased ? SumsVerdict.Lost : SumsVerdict.Agree, tap.CheckSums());
        tap.Unpin();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void While_the_disk_is_busy_the_sums_never_cry_wolf_and_a_hole_is_found(bool bioBased)
    {
        using var setting = new Setting(bioBased);
        using EbpfTap tap = setting.Open(0, 0);
        long unseen = setting.WrittenSectors - (long)tap.Control.IssuedSectors;
        var verdicts = new Dictionary<SumsVerdict, int>();
        using (var stop = new CancellationTokenSource())
        {
            Thread[] writers = setting.Hammer(4, stop.Token);
            for (int i = 0; i < 200; i++)
            {
                SumsVerdict verdict = tap.CheckSums();
                // The kernel itself may skip a program on this machine; that is a hole, rightly.
                if (verdict == SumsVerdict.Hole) tap.AcceptSums();
                verdicts[verdict] = verdicts.GetValueOrDefault(verdict) + 1;
            }
            Assert.False(verdicts.ContainsKey(SumsVerdict.Lost));
            Assert.True(verdicts.GetValueOrDefault(SumsVerdict.Hole) <= 3, string.Join(" ", verdicts));
            tap.Control.HideCompletions = 1000;
            bool found = false;
            long deadline = Environment.TickCount64 + 60_000;
            while (!found && Environment.TickCount64 < deadline) found = tap.CheckSums() == SumsVerdict.Hole;
            tap.Control.HideCompletions = 0;
            // A bio-based disk says something in quiet moments only.
            if (!bioBased) Assert.True(found);
            stop.Cancel();
            foreach (Thread writer in writers) writer.Join();
            if (found) tap.AcceptSums();
        }
        SumsVerdict end;
        while ((end = tap.CheckSums()) == SumsVerdict.Hole) tap.AcceptSums();
        // The kernel may have skipped the issue program as well: then the hole had no cover, and only then that is said.
        if (end == SumsVerdict.Lost) Assert.NotEqual(unseen, setting.WrittenSectors - (long)tap.Control.IssuedSectors);
        else Assert.Equal(SumsVerdict.Agree, end);
        tap.Unpin();
    }

    [SkippableFact]
    public void A_command_that_went_past_the_block_layer_asks_for_a_scan_once()
    {
        using var setting = new Setting(bioBased: false);
        using EbpfTap tap = setting.Open(0, 0);
        // What the program does when it sees one; no device here takes such commands.
        tap.Control.Untracked++;
        Assert.Equal(SumsVerdict.Lost, tap.CheckSums());
        Assert.Equal(SumsVerdict.Lost, tap.CheckSums());
        tap.AcceptSums();
        Assert.Equal(SumsVerdict.Agree, tap.CheckSums());
        Assert.Equal((1L, 1L), (tap.Counters.Holes, tap.Counters.UntrackedCommands));
        tap.Unpin();
    }

    [SkippableFact]
    public void The_issue_bitmap_begins_anew_when_nothing_is_open()
    {
        using var setting = new Setting(bioBased: false);
        using EbpfTap tap = setting.Open(0, 0);
        var issued = new HierarchicalBitmap(setting.Bytes / 4096);
        setting.Write(tap, 50);
        tap.CopyIssuedTo(issued);
        Assert.Equal(50, issued.Count);
        tap.Flip();
        Assert.Equal(SumsVerdict.Agree, tap.CheckSums());
        issued.Clear();
        tap.CopyIssuedTo(issued);
        Assert.True(issued.IsEmpty);
        setting.Write(tap, 3);
        tap.CopyIssuedTo(issued);
        Assert.Equal(3, issued.Count);
        tap.Unpin();
    }

    [SkippableFact]
    public void A_hole_found_before_and_not_accepted_is_found_again_by_the_next_process()
    {
        using var setting = new Setting(bioBased: false);
        using (EbpfTap tap = setting.Open(hideCompletions: 10, hideIssues: 0))
        {
            setting.Write(tap, 100);
            Assert.Equal(SumsVerdict.Hole, tap.CheckSums());
        }
        using EbpfTap next = setting.Open(0, 0);
        Assert.True(next.Description.Continued);
        Assert.Equal(SumsVerdict.Hole, next.CheckSums());
        next.AcceptSums();
        Assert.Equal(SumsVerdict.Agree, next.CheckSums());
        next.Unpin();
    }

    [SkippableFact]
    public void With_the_statistics_off_nothing_is_claimed()
    {
        using var setting = new Setting(bioBased: false);
        using EbpfTap tap = setting.Open(0, 0);
        setting.SetStatistics(false);
        setting.Write(tap, 10);
        Assert.Equal(SumsVerdict.Undetermined, tap.CheckSums());
        setting.SetStatistics(true);
        // What happened meanwhile cannot be proved to have been seen; a second of standstill shows that it is not merely about to complete.
        SumsVerdict verdict = SumsVerdict.Undetermined;
        for (long deadline = Environment.TickCount64 + 60_000; verdict == SumsVerdict.Undetermined && Environment.TickCount64 < deadline; Thread.Sleep(50)) verdict = tap.CheckSums();
        Assert.Equal(SumsVerdict.Lost, verdict);
        tap.AcceptSums();
        Assert.Equal(SumsVerdict.Agree, tap.CheckSums());
        tap.Unpin();
    }

    private sealed class Setting : IDisposable
    {
        private readonly TestDisk _loop;
        private readonly ZramDisk? _zram;

        public Setting(bool bioBased)
        {
            TestDisk.SkipUnlessTappable();
            if (bioBased) ZramDisk.SkipUnlessThere();
            _loop = new TestDisk(bioBased ? 1 << 20 : Bytes);
            if (bioBased) _zram = new ZramDisk(Bytes);
        }

        public long Bytes => 64 << 20;

        /// <summary>Sectors of 512 bytes written since the disk was made, by the kernel's count.</summary>
        public long WrittenSectors
            => long.Parse(File.ReadAllText($"/sys/block/{System.IO.Path.GetFileName(Path)}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries)[6], CultureInfo.InvariantCulture);

        private string Path => _zram?.Path ?? _loop.Path;

        public EbpfTap Open(int hideCompletions, int hideIssues, bool compare = true)
            => EbpfTap.Open(_loop.Options with { DiskPath = Path, HideCompletions = hideCompletions, HideIssues = hideIssues, CompareSums = compare });

        /// <summary>Writes, and skips the test when the kernel itself kept an event from the programs: the figures would be others.</summary>
        public void Write(EbpfTap tap, int count)
        {
            ulong completed = tap.Control.Completed, issued = tap.Control.Issued;
            using (var writer = new DirectWriter(Path))
            {
                for (int i = 0; i < count; i++) writer.Write(i * 8192L);
            }
            if (_zram is not null) return;
            ulong seen = tap.Control.Completed - completed, expected = Expected(count, tap.Control.HideCompletions);
            ulong seenIssued = tap.Control.Issued - issued, expectedIssued = Expected(count, tap.Control.HideIssues);
            Skip.If(seen < expected || seenIssued < expectedIssued, $"the kernel skipped a program: {expected - seen} completions, {expectedIssued - seenIssued} issues of {count}");
        }

        private static ulong Expected(int count, ulong hideEvery) => hideEvery == 0 ? (ulong)count : (ulong)count - ((ulong)count / hideEvery);

        public Thread[] Hammer(int threads, CancellationToken stop) => DirectWriter.Hammer(Path, Bytes, threads, stop);

        public void SetStatistics(bool on) => File.WriteAllText($"/sys/block/{System.IO.Path.GetFileName(Path)}/queue/iostats", on ? "1" : "0");

        public void Dispose()
        {
            _loop.Dispose();
            _zram?.Dispose();
        }
    }
}
