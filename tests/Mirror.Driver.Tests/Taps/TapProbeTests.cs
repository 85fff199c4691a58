using Mirror.Core.Taps;
using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>What cannot be tapped is refused with the reason, and falls back to comparing.</summary>
public sealed class TapProbeTests
{
    [Theory]
    [InlineData("Linux 6.18.44-fc #1 SMP", true)]
    [InlineData("Linux 6.1.0-28-amd64 #1 SMP PREEMPT_DYNAMIC Debian", true)]
    [InlineData("Linux 5.17.0", true)]
    [InlineData("Linux 5.15.0-91-generic #101-Ubuntu", false)]
    [InlineData("Linux 5.14.0-284.11.1.el9_2.x86_64 #1", true)]
    [InlineData("Linux 5.14.0-162.6.1.el9_1.x86_64 #1", false)]
    [InlineData("Linux 4.18.0-553.el8_10.x86_64", false)]
    public void Old_kernels_are_refused_by_name(string description, bool good)
    {
        string? reason = TapProbe.ExamineKernel(description);
        Assert.Equal(good, reason is null);
        if (!good) Assert.Contains("too old", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_back_from_hibernation_is_told_from_one_that_was_suspended()
    {
        var before = new Sleep(5_000, 2);
        Assert.False(new Sleep(5_000, 2).IsAfterHibernation(before));
        Assert.False(new Sleep(65_000, 3).IsAfterHibernation(before));
        Assert.True(new Sleep(65_000, 2).IsAfterHibernation(before));
    }

    [SkippableFact]
    public void A_plain_file_cannot_be_tapped_and_is_compared_instead()
    {
        TestDisk.SkipUnlessTappable();
        string file = Path.GetTempFileName();
        try
        {
            TapExamination examination = TapProbe.Examine(file);
            Assert.False(examination.CanTap);
            Assert.Contains("plain file", examination.Reason, StringComparison.Ordinal);
            var options = new TapOptions { Volume = "x", DiskPath = file };
            Assert.Throws<TapUnavailableException>(() => TapFactory.Open(options with { Choice = TapChoice.Ebpf }));
            using ITap tap = TapFactory.Open(options);
            Assert.Equal((TapKind.RescanOnly, TapRate.Off, examination.Reason), (tap.Description.Kind, tap.Description.MaxRate, tap.Description.Reason));
            Assert.Equal(SumsVerdict.Undetermined, tap.CheckSums());
            using ITap asked = TapFactory.Open(options with { Choice = TapChoice.RescanOnly });
            Assert.Null(asked.Description.Reason);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [SkippableFact]
    public void A_disk_without_statistics_is_refused_with_the_remedy()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(1 << 20);
        Assert.Equal(new TapExamination(true, null), TapProbe.Examine(disk.Path));
        string setting = $"/sys/block/{Path.GetFileName(disk.Path)}/queue/iostats";
        File.WriteAllText(setting, "0");
        try
        {
            TapExamination examination = TapProbe.Examine(disk.Path);
            Assert.False(examination.CanTap);
            Assert.Contains(setting, examination.Reason, StringComparison.Ordinal);
        }
        finally
        {
            File.WriteAllText(setting, "1");
        }
    }

    [SkippableFact]
    public void A_disk_with_swap_on_it_is_refused_and_its_other_partition_is_not()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(64 << 20);
        disk.Partition((2048, 65536), (67584, 32768));
        (int code, string output) = Shell.Try($"mkswap {disk.Path}p1 && swapon -p -1 {disk.Path}p1");
        Skip.If(code != 0, output);
        try
        {
            foreach (string path in new[] { disk.Path, disk.Path + "p1" })
            {
                TapExamination examination = TapProbe.Examine(path);
                Assert.False(examination.CanTap);
                Assert.Contains("swapoff", examination.Reason, StringComparison.Ordinal);
            }
            Assert.True(TapProbe.Examine(disk.Path + "p2").CanTap);
        }
        finally
        {
            Shell.Run($"swapoff {disk.Path}p1");
        }
    }

    [SkippableTheory]
    [InlineData("/dev/null", "no block device")]
    [InlineData("/dev/there-is-none", "cannot be examined")]
    public void Other_paths_are_refused(string path, string words)
    {
        TestDisk.SkipUnlessTappable();
        TapExamination examination = TapProbe.Examine(path);
        Assert.False(examination.CanTap);
        Assert.Contains(words, examination.Reason, StringComparison.Ordinal);
    }
}
