namespace Mirror.Core.Server;

/// <summary>
/// Which message is legal when, as one pure function. docs/protocol.md section 5 has the same table.
/// <code>
///                 WELCOME
///            /               \
///       Welcomed          ScanRequired            (a guarded scan is unfinished)
///        |      \             |
///  STATE |       \ SCAN_BEGIN | SCAN_BEGIN
/// CatchUp|        \           |
///        |         v          v
///        |        Beginning ------ guarded -----> Guarded --- SCAN_COMPARED ---> Judging
///        |         ^     |                                                         |
///        |         |     | open                                      SCAN_PROCEED  |
///        |         |     v                                                         |
///        |         |    Scan &lt;-----------------------------------------------------+
///        |         |     |  \ STATE Rescan
///        |         |     |   '---------------------> Rescan --- SCAN_BEGIN ---> Beginning
///        |         |     | STATE CatchUp               ^
///        v         |     v                             | STATE Rescan
///      CatchUp ----+-- CatchUp &lt;--- STATE CatchUp ---- Live     (and CatchUp --- STATE Live ---> Live)
///
///   any --- BYE, refusal, end ---> Ended, which nothing leaves
/// </code>
/// </summary>
internal static class IntakeStateMachine
{
    /// <summary>The first phase of a connection.</summary>
    /// <param name="guardUnfinished">Whether a guarded scan waits to be finished.</param>
    public static IntakePhase Begin(bool guardUnfinished) => guardUnfinished ? IntakePhase.ScanRequired : IntakePhase.Welcomed;

    /// <summary>The phase after the event, and what is to be done.</summary>
    public static (IntakePhase Phase, IntakeEffect Effect) Next(IntakePhase phase, IntakeEvent e) => (phase, e) switch
    {
        (IntakePhase.Ended, _) => (IntakePhase.Ended, IntakeEffect.Refuse),
        (_, IntakeEvent.End) => (IntakePhase.Ended, IntakeEffect.End),
        (_, IntakeEvent.Bye) => (IntakePhase.Ended, IntakeEffect.End),
        (_, IntakeEvent.Alive) => (phase, IntakeEffect.None),

        (IntakePhase.Beginning, IntakeEvent.GuardedScanBegun) => (IntakePhase.Guarded, IntakeEffect.None),
        (IntakePhase.Beginning, IntakeEvent.OpenScanBegun) => (IntakePhase.Scan, IntakeEffect.None),
        (IntakePhase.Judging, IntakeEvent.ScanAllowed) => (IntakePhase.Scan, IntakeEffect.None),

        (IntakePhase.Welcomed, IntakeEvent.StateCatchUp) => (IntakePhase.CatchUp, IntakeEffect.EndScan),
        (IntakePhase.Welcomed or IntakePhase.ScanRequired or IntakePhase.CatchUp or IntakePhase.Live or IntakePhase.Rescan, IntakeEvent.ScanBegin)
            => (IntakePhase.Beginning, IntakeEffect.BeginScan),

        (IntakePhase.Guarded or IntakePhase.Scan or IntakePhase.CatchUp or IntakePhase.Live or IntakePhase.Rescan, IntakeEvent.HashRequest) => (phase, IntakeEffect.Hash),
        (IntakePhase.Guarded or IntakePhase.Scan, IntakeEvent.Mark) => (phase, IntakeEffect.Mark),
        (IntakePhase.Guarded or IntakePhase.Scan, IntakeEvent.StateScanning) => (phase, IntakeEffect.Acknowledge),
        (IntakePhase.Guarded, IntakeEvent.ScanCompared) => (IntakePhase.Judging, IntakeEffect.Judge),

        (IntakePhase.Scan, IntakeEvent.StateCatchUp) => (IntakePhase.CatchUp, IntakeEffect.EndScan),
        (IntakePhase.Scan or IntakePhase.CatchUp or IntakePhase.Live or IntakePhase.Rescan, IntakeEvent.Write or IntakeEvent.Zero) => (phase, IntakeEffect.Apply),
        (IntakePhase.Scan or IntakePhase.CatchUp or IntakePhase.Live or IntakePhase.Rescan, IntakeEvent.StateRescan) => (IntakePhase.Rescan, IntakeEffect.Acknowledge),

        (IntakePhase.CatchUp or IntakePhase.Live or IntakePhase.Rescan, IntakeEvent.Mark or IntakeEvent.ConsistentMark) => (phase, IntakeEffect.Mark),
        (IntakePhase.CatchUp or IntakePhase.Live or IntakePhase.Rescan, IntakeEvent.StateCatchUp) => (IntakePhase.CatchUp, IntakeEffect.Acknowledge),
        (IntakePhase.CatchUp or IntakePhase.Live, IntakeEvent.StateLive) => (IntakePhase.Live, IntakeEffect.Acknowledge),

        _ => (IntakePhase.Ended, IntakeEffect.Refuse),
    };
}
