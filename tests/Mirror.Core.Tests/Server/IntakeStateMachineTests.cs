using Mirror.Core.Server;

namespace Mirror.Core.Tests.Server;

public sealed class IntakeStateMachineTests
{
    // docs/protocol.md, "Which message is legal when": one line a phase, each event with the phase that follows. What is not listed is refused.
    private static readonly Dictionary<IntakePhase, string> Legal = new()
    {
        [IntakePhase.Welcomed] = "StateCatchUp>CatchUp ScanBegin>Beginning",
        [IntakePhase.ScanRequired] = "ScanBegin>Beginning",
        [IntakePhase.Beginning] = "GuardedScanBegun>Guarded OpenScanBegun>Scan",
        [IntakePhase.Guarded] = "HashRequest>Guarded Mark>Guarded StateScanning>Guarded ScanCompared>Judging",
        [IntakePhase.Judging] = "ScanAllowed>Scan",
        [IntakePhase.Scan] = "HashRequest>Scan Write>Scan Zero>Scan Mark>Scan StateScanning>Scan StateCatchUp>CatchUp StateRescan>Rescan",
        [IntakePhase.CatchUp] = "HashRequest>CatchUp Write>CatchUp Zero>CatchUp Mark>CatchUp ConsistentMark>CatchUp StateCatchUp>CatchUp StateLive>Live StateRescan>Rescan ScanBegin>Beginning",
        [IntakePhase.Live] = "HashRequest>Live Write>Live Zero>Live Mark>Live ConsistentMark>Live StateCatchUp>CatchUp StateLive>Live StateRescan>Rescan ScanBegin>Beginning",
        [IntakePhase.Rescan] = "HashRequest>Rescan Write>Rescan Zero>Rescan Mark>Rescan ConsistentMark>Rescan StateCatchUp>CatchUp StateRescan>Rescan ScanBegin>Beginning",
        [IntakePhase.Ended] = "",
    };

    [Fact]
    public void Every_phase_allows_exactly_what_the_document_lists()
    {
        foreach (IntakePhase phase in Enum.GetValues<IntakePhase>())
        {
            var legal = Legal[phase].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('>'))
                .ToDictionary(p => Enum.Parse<IntakeEvent>(p[0]), p => Enum.Parse<IntakePhase>(p[1]));
            if (phase != IntakePhase.Ended)
            {
                legal[IntakeEvent.Alive] = phase;
                legal[IntakeEvent.Bye] = legal[IntakeEvent.End] = IntakePhase.Ended;
            }
            foreach (IntakeEvent e in Enum.GetValues<IntakeEvent>())
            {
                (IntakePhase next, IntakeEffect effect) = IntakeStateMachine.Next(phase, e);
                if (legal.TryGetValue(e, out IntakePhase expected))
                {
                    Assert.True(next == expected && effect != IntakeEffect.Refuse, $"{phase} {e}: {next} {effect}");
                }
                else
                {
                    Assert.True(next == IntakePhase.Ended && effect == IntakeEffect.Refuse, $"{phase} {e}: {next} {effect}");
                }
            }
        }
    }

    [Fact]
    public void Nothing_is_applied_while_a_guarded_scan_is_not_allowed()
    {
        // Every sequence of four events from ScanRequired that never passes ScanAllowed applies nothing and ends no scan.
        IntakeEvent[] events = [.. Enum.GetValues<IntakeEvent>().Where(e => e is not (IntakeEvent.ScanAllowed or IntakeEvent.OpenScanBegun))];
        void Walk(IntakePhase phase, int left)
        {
            if (left == 0) return;
            foreach (IntakeEvent e in events)
            {
                (IntakePhase next, IntakeEffect effect) = IntakeStateMachine.Next(phase, e);
                Assert.False(effect is IntakeEffect.Apply or IntakeEffect.EndScan, $"{phase} {e}");
                Walk(next, left - 1);
            }
        }
        Walk(IntakeStateMachine.Begin(guardUnfinished: true), 4);
    }
}
