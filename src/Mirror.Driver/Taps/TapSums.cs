using System.Diagnostics;
using Mirror.Core.Taps;

namespace Mirror.Driver.Taps;

/// <summary>
/// Compares what the programs counted with what the kernel counted. With S the sectors written in the disk's statistics, C those that the
/// completion program counted and I those that the issue program counted, all since the base was taken:
///
/// <code>
///   request-based   C is added to before S for the same completion (the tracepoint precedes the accounting).
///                   S read first, then C:  C &lt; S  proves a miss, also while the disk is busy.
///                   C = S while S stands still, several times over: nothing was missed. I = C as well and nothing in flight: exact.
///   bio-based       S is added to before C, on old kernels when the bio begins. Only a moment with nothing in flight says something.
/// </code>
///
/// What was missed is within the issue bitmap if I = S at a moment with nothing in flight; otherwise only a scan helps. Found while
/// the disk is busy, the hole is reported at once and its cover is looked at in the first quiet moment. Writes past the end of a disk that has
/// grown are none: within the volume as it was they are marked, and the rest is no part of the tap's volume yet.
/// </summary>
internal sealed unsafe class TapSums(TapControl* control, DiskStatistics statistics, bool bioBased, Func<bool> statisticsOn, Func<bool> outgrown)
{
    private const int Samples = 24, SamplesToAgree = 6;
    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(2), s_longSettle = TimeSpan.FromSeconds(1);

    private Proposal? _proposal;        // what Accept would make the base
    private Sample _standing;           // the last sample with more issued than written
    private long _standingSince;        // Stopwatch timestamp

    /// <summary>Whether everything issued before the check began has completed and was seen: the old issue plane can be forgotten.</summary>
    public bool IssuedIsSettled { get; private set; }

    private SumsFlags QuietFlags => (Flags | SumsFlags.ExactBase) & ~SumsFlags.HolePending;

    private ref TapControl.ClientWords Client => ref control->Client;

    private SumsFlags Flags
    {
        get => (SumsFlags)Volatile.Read(ref Client.Flags);
        set => Volatile.Write(ref Client.Flags, (ulong)value);
    }

    /// <summary>Takes the base to compare with, at a moment with nothing in flight if there is one within <paramref name="patience"/>.</summary>
    public void TakeBase(TimeSpan patience)
    {
        Remember(Sleep.Now());
        var clock = Stopwatch.StartNew();
        while (true)
        {
            Sample first = Take();
            if (first.InFlight == 0)
            {
                Thread.Sleep(s_settle);
                if (Take() == first)
                {
                    SetBase(first.Written, first.Completed, first.Issued, SumsFlags.Based | SumsFlags.ExactBase);
                    return;
                }
            }
            if (clock.Elapsed >= patience) break;
            Thread.Sleep(1);
        }
        // Never idle. C runs ahead of S by what is between the two counts, so the smallest lead seen is the best guess; the first quiet moment tells.
        Sample best = Take();
        for (int i = 0; i < 200; i++)
        {
            Sample sample = Take();
            if ((long)(sample.Completed - sample.Written) < (long)(best.Completed - best.Written)) best = sample;
        }
        SetBase(best.Written, best.Completed, best.Issued, SumsFlags.Based);
    }

    /// <summary>The verdict for now. Told again by every call until <see cref="Accept"/>.</summary>
    public SumsVerdict Check()
    {
        IssuedIsSettled = false;
        _proposal = null;
        if (!statisticsOn()) return SumsVerdict.Undetermined;
        var earlier = new Sleep(Client.SleptMilliseconds, Client.Suspends);
        Sleep sleep = Sleep.Now();
        bool hibernated = sleep.IsAfterHibernation(earlier);
        if (!hibernated) Remember(sleep);
        ulong untracked = Volatile.Read(ref control->Untracked), beyond = Volatile.Read(ref control->Beyond), lost = Volatile.Read(ref control->BioLost);
        SumsVerdict verdict = bioBased ? CheckBios() : CheckRequests();
        // What no sum shows.
        if (hibernated || untracked != Client.ReportedUntracked || (beyond != Client.ReportedBeyond && !outgrown())) verdict = SumsVerdict.Lost;
        else if (lost != Client.ReportedBioLost && verdict != SumsVerdict.Lost) verdict = SumsVerdict.Hole;
        if (verdict is not (SumsVerdict.Hole or SumsVerdict.Lost)) return verdict;
        IssuedIsSettled = false;
        _proposal ??= new Proposal(Client.BaseWritten, Client.BaseCompleted, Client.BaseIssued, Flags);
        _proposal = _proposal with { Untracked = untracked, Beyond = beyond, BioLost = lost, Sleep = sleep };
        return verdict;
    }

    /// <summary>Makes what the last check found the new base, and counts it.</summary>
    public void Accept()
    {
        if (_proposal is not { } proposal) return;
        _proposal = null;
        Client.Holes++;
        Client.ReportedUntracked = proposal.Untracked;
        Client.ReportedBeyond = proposal.Beyond;
        Client.ReportedBioLost = proposal.BioLost;
        Remember(proposal.Sleep);
        SetBase(proposal.Written, proposal.Completed, proposal.Issued, proposal.Flags);
    }

    private void Remember(Sleep sleep) => (Client.SleptMilliseconds, Client.Suspends) = (sleep.Milliseconds, sleep.Suspends);

    private SumsVerdict CheckRequests()
    {
        int agreed = 0, quiet = 0;
        for (int i = 0; i < Samples; i++)
        {
            Sample now = Take();
            (long lead, long open) = Compare(now);
            if (lead < 0) return Missed(now, lead);
            if (now.Still && lead == 0)
            {
                if (open == 0 && now.InFlight == 0) return Settled(now);
                agreed++;
            }
            if (IsQuiet(now) && ++quiet >= SamplesToAgree && StaysStill(now))
            {
                // Nothing under way, and yet the sums differ among themselves: issue events were missed, or S left something out.
                return lead == 0 ? IssuesMissed(now) : Missed(now, lead);
            }
            if (agreed >= SamplesToAgree && quiet == 0) return SumsVerdict.Agree;
            Thread.SpinWait(200);
        }
        return agreed > 0 ? SumsVerdict.Agree : SumsVerdict.Undetermined;
    }

    private SumsVerdict CheckBios()
    {
        for (int i = 0; i < Samples; i++)
        {
            Sample now = Take();
            if (!IsQuiet(now)) continue;
            (long lead, long open) = Compare(now);
            if (lead == 0 && open == 0) return Settled(now);
            if (StaysStill(now)) return Missed(now, lead);
        }
        return SumsVerdict.Undetermined;
    }

    /// <summary>All three sums agree with nothing under way.</summary>
    private SumsVerdict Settled(Sample now)
    {
        if (bioBased && (Flags & SumsFlags.ExactBase) == 0)
        {
            // Bios that were under way when the programs were attached have completed since, unseen; old kernels had counted them before.
            _proposal = new Proposal(now.Written, now.Completed, now.Issued, QuietFlags);
            return SumsVerdict.Lost;
        }
        IssuedIsSettled = true;
        SetBase(now.Written, now.Completed, now.Issued, QuietFlags);
        return SumsVerdict.Agree;
    }

    /// <summary>Completions all seen, issue events not: nothing is unknown now, and the issue sum begins anew. A hole accepted before may have lacked cover.</summary>
    private SumsVerdict IssuesMissed(Sample now)
    {
        if ((Flags & SumsFlags.HolePending) != 0)
        {
            _proposal = new Proposal(now.Written, now.Completed, now.Issued, QuietFlags);
            return SumsVerdict.Lost;
        }
        SetBase(now.Written, now.Completed, now.Issued, QuietFlags);
        return SumsVerdict.Agree;
    }

    private SumsVerdict Missed(Sample now, long lead)
    {
        if (IsQuiet(now) && StaysStill(now))
        {
            _proposal = new Proposal(now.Written, now.Completed, now.Issued, QuietFlags);
            return now.Issued - Client.BaseIssued == now.Written - Client.BaseWritten ? SumsVerdict.Hole : SumsVerdict.Lost;
        }
        // Only the difference is moved: I is still to be compared with S from the old base on.
        _proposal = new Proposal(Client.BaseWritten, Client.BaseCompleted + (ulong)lead, Client.BaseIssued, Flags | SumsFlags.HolePending);
        return SumsVerdict.Hole;
    }

    /// <summary>
    /// Whether nothing is under way. That nothing is in flight does not say so: a request whose completion has begun (or a bio that is queued
    /// and not begun) is in neither count, for as long as its thread is kept from the processor. It was issued, so where more was issued than
    /// written, only a long standstill counts.
    /// </summary>
    private bool IsQuiet(Sample now)
    {
        if (!now.Still || now.InFlight != 0) return false;
        (long lead, long open) = Compare(now);
        if (lead + open <= 0) return true;
        if (now != _standing) (_standing, _standingSince) = (now, Stopwatch.GetTimestamp());
        return Stopwatch.GetElapsedTime(_standingSince) >= s_longSettle;
    }

    private bool StaysStill(Sample sample)
    {
        Thread.Sleep(s_settle);
        Sample now = Take();
        return now == sample;
    }

    /// <summary>How far C is ahead of S, and I ahead of C.</summary>
    private (long Lead, long Open) Compare(Sample sample)
    {
        long written = (long)(sample.Written - Client.BaseWritten);
        long completed = (long)(sample.Completed - Client.BaseCompleted);
        long issued = (long)(sample.Issued - Client.BaseIssued);
        return (completed - written, issued - completed);
    }

    private void SetBase(ulong written, ulong completed, ulong issued, SumsFlags flags)
    {
        Client.BaseWritten = written;
        Client.BaseCompleted = completed;
        Client.BaseIssued = issued;
        Flags = flags;
    }

    private Sample Take()
    {
        ulong written = statistics.WrittenSectors;
        ulong completed = Volatile.Read(ref control->CompletedSectors);
        ulong issued = Volatile.Read(ref control->IssuedSectors);
        ulong inFlight = statistics.WritesInFlight;
        return new Sample(written, completed, issued, inFlight, statistics.WrittenSectors == written);
    }

    private readonly record struct Sample(ulong Written, ulong Completed, ulong Issued, ulong InFlight, bool Still);

    private sealed record Proposal(ulong Written, ulong Completed, ulong Issued, SumsFlags Flags)
    {
        public ulong Untracked { get; init; }

        public ulong Beyond { get; init; }

        public ulong BioLost { get; init; }

        public Sleep Sleep { get; init; }
    }
}
