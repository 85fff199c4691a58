using Mirror.Core.Blocks;
using Mirror.Core.Boot;
using Mirror.Core.Taps;

namespace Mirror.Core.Client;

/// <summary>Carries a client over a boot where the drive testifies that nothing was written: the record of the stop before, and the record for the next.</summary>
internal sealed class BootResume(ClientMemory memory, IBootMemory boot)
{
    /// <summary>Why the last start resumed, or scans.</summary>
    public BootVerdict Verdict { get; private set; }

    /// <summary>
    /// At the start. The tap is attached already, so what is written from now on is marked; what was written before shows in the drive's counters.
    /// </summary>
    /// <returns>Whether the disk is taken for unwritten.</returns>
    public bool Begin()
    {
        CleanStop? left = boot.Take();
        // A tap that went on marking knows better.
        if (memory.Tap.Description.Kind != TapKind.Ebpf || memory.Record is not null) return false;
        Verdict = BootRule.Judge(left, memory.Disk, left is null ? null : boot.AskDrive());
        if (!Verdict.Unwritten) return false;
        memory.LastMark = Math.Max(memory.LastMark, left!.Mark.Number);
        memory.Save(new ResumeRecord { Server = left.Server, Incarnation = left.Incarnation, Acknowledged = left.Mark, Sent = left.Mark });
        return true;
    }

    /// <summary>At the end, after the last session: leaves a record if the image is the disk, and was while the drive was asked.</summary>
    /// <returns>Whether it did.</returns>
    public bool End()
    {
        if (memory.Record is not { Scanning: false } record || !memory.Consistent || memory.Outgrown || !memory.Pending.IsEmpty || record.Acknowledged.Number != memory.CommittedMark) return false;
        if (memory.Tap.Description.Kind != TapKind.Ebpf || !NothingMarked() || boot.AskDrive() is not { } drive || !NothingMarked()) return false;
        boot.Leave(new CleanStop { Disk = memory.Disk.Identity.Text, SizeBytes = memory.Disk.SizeBytes, Server = record.Server, Incarnation = record.Incarnation, Mark = record.Acknowledged, Drive = drive });
        return true;
    }

    /// <summary>Whether no write was marked since the last committed mark, none was missed, and none that only the last process knew of is kept.</summary>
    private bool NothingMarked()
    {
        var marked = new HierarchicalBitmap(memory.Pending.Length);
        memory.Tap.MergeOldIntoCurrent();
        memory.Tap.Flip();
        memory.Tap.CopyOldTo(marked);
        memory.Tap.CopyKeptTo(marked);
        // A write that began before this and has not completed is counted by the drive when it does: then the next start scans.
        return marked.IsEmpty && memory.Tap.CheckSums() == SumsVerdict.Agree;
    }
}
