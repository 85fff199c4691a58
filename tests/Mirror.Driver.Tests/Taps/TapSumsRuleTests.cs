using System.Runtime.InteropServices;
using Mirror.Core.Taps;
using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>The rule by itself, over counts that the test sets: moments that a disk shows once in ten thousand looks.</summary>
public sealed unsafe class TapSumsRuleTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dm-sums-");
    private readonly TapControl* _control = (TapControl*)NativeMemory.AllocZeroed((nuint)sizeof(TapControl));
    private readonly DiskStatistics _statistics;
    private readonly TapSums _sums;

    public TapSumsRuleTests()
    {
        Kernel(written: 1000, inFlight: 0);
        _statistics = new DiskStatistics(_directory.FullName);
        _sums = new TapSums(_control, _statistics, bioBased: false, () => true, () => false);
        _sums.TakeBase(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_request_that_is_about_to_complete_is_no_miss_and_leaves_no_false_base()
    {
        // Its completion has begun, so it is in flight no more; neither the program nor the kernel has counted it.
        _control->IssuedSectors += 8;
        Assert.Equal(SumsVerdict.Agree, _sums.Check());
        Assert.False(_sums.IssuedIsSettled);
        _control->CompletedSectors += 8;
        // The program has, the kernel has not.
        Assert.NotEqual(SumsVerdict.Lost, _sums.Check());
        Kernel(written: 1008, inFlight: 0);
        Assert.Equal(SumsVerdict.Agree, _sums.Check());
        Assert.True(_sums.IssuedIsSettled);

        AssertHole(written: 1016);
    }

    [Fact]
    public void A_hole_beside_a_request_that_is_about_to_complete_has_its_cover()
    {
        _control->IssuedSectors += 16;
        Kernel(written: 1008, inFlight: 0);
        Assert.Equal(SumsVerdict.Hole, _sums.Check());
        _sums.Accept();
        _control->CompletedSectors += 8;
        Kernel(written: 1016, inFlight: 0);
        Assert.Equal(SumsVerdict.Agree, _sums.Check());
    }

    [Fact]
    public void An_issue_that_no_completion_followed_is_forgotten_after_a_standstill()
    {
        _control->IssuedSectors += 8;
        Assert.Equal(SumsVerdict.Agree, _sums.Check());
        Thread.Sleep(1100);
        Assert.Equal(SumsVerdict.Agree, _sums.Check());

        AssertHole(written: 1008);
    }

    [Fact]
    public void A_miss_without_its_issue_event_is_lost()
    {
        Kernel(written: 1008, inFlight: 0);
        Assert.Equal(SumsVerdict.Lost, _sums.Check());
        _sums.Accept();
        Assert.Equal(SumsVerdict.Agree, _sums.Check());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _statistics.Dispose();
        NativeMemory.Free(_control);
        _directory.Delete(recursive: true);
    }

    /// <summary>A write of 8 sectors was issued, and its completion kept from the program.</summary>
    private void AssertHole(ulong written)
    {
        _control->IssuedSectors += 8;
        Kernel(written, inFlight: 0);
        Assert.Equal(SumsVerdict.Hole, _sums.Check());
        _sums.Accept();
        Assert.Equal(SumsVerdict.Agree, _sums.Check());
    }

    private void Kernel(ulong written, int inFlight)
    {
        File.WriteAllText(Path.Combine(_directory.FullName, "stat"), $"0 0 0 0 0 0 {written} 0 0 0 0\n");
        File.WriteAllText(Path.Combine(_directory.FullName, "inflight"), $"0 {inFlight}\n");
    }
}
