using Mirror.Core.Control;

namespace Mirror.Core.Client;

// The five states of a client (DESIGN.md section 4). Pure: no I/O, no clock; Session and MirrorClient carry the effects out.
//
//              ConnectedResume                    RateFell
//            +----------------------> CatchUp <--------------+
//            |                         |  ^ ^                |
//        +--------+                    |  | +---ScanEnded-+  |
//   ---> | NoConn |            CaughtUp|  | (RateFell)    |  |
//        +--------+                    v  |               |  |
//            |                        Live ---------------|--+
//            | ConnectedScan           |                  |
//            +----------> Scanning <---|------+-----------+
//                            ^         | RescanAsked (from Scanning and CatchUp too)
//                            |         v
//                            +------ Rescan
//                             Settled
//
//   ConnectionLost leads from every state to NoConn.

/// <summary>The transitions of a client.</summary>
public static class ClientStateMachine
{
    /// <summary>What <paramref name="happened"/> makes of <paramref name="state"/>.</summary>
    public static ClientTransition Next(MirrorState state, ClientEvent happened) => (state, happened) switch
    {
        (_, ClientEvent.ConnectionLost) => To(MirrorState.NoConn, ClientEffects.TapOff | ClientEffects.Reconnect),

        (MirrorState.NoConn, ClientEvent.ConnectedResume) => To(MirrorState.CatchUp, ClientEffects.TapOff | ClientEffects.Collect | ClientEffects.TellServer),
        (MirrorState.NoConn, ClientEvent.ConnectedScan) => To(MirrorState.Scanning, ClientEffects.TapOff | ClientEffects.Collect | ClientEffects.BeginScan),
        // Nobody is connected: the next connection scans, because the request has voided the resume record.
        (MirrorState.NoConn, ClientEvent.RescanAsked) => To(MirrorState.NoConn, ClientEffects.None),

        (MirrorState.Scanning, ClientEvent.ScanEnded) => To(MirrorState.CatchUp, ClientEffects.TellServer),
        (MirrorState.Scanning, ClientEvent.RateFell) => To(MirrorState.Scanning, ClientEffects.None),
        (MirrorState.Scanning, ClientEvent.RescanAsked) => To(MirrorState.Rescan, ClientEffects.TapOff | ClientEffects.TellServer),

        (MirrorState.CatchUp, ClientEvent.CaughtUp) => To(MirrorState.Live, ClientEffects.TellServer),
        (MirrorState.CatchUp, ClientEvent.RateFell) => To(MirrorState.CatchUp, ClientEffects.None),
        (MirrorState.CatchUp, ClientEvent.RescanAsked) => To(MirrorState.Rescan, ClientEffects.TapOff | ClientEffects.TellServer),

        (MirrorState.Live, ClientEvent.RateFell) => To(MirrorState.CatchUp, ClientEffects.TellServer),
        (MirrorState.Live, ClientEvent.CaughtUp) => To(MirrorState.Live, ClientEffects.None),
        (MirrorState.Live, ClientEvent.RescanAsked) => To(MirrorState.Rescan, ClientEffects.TapOff | ClientEffects.TellServer),

        (MirrorState.Rescan, ClientEvent.Settled) => To(MirrorState.Scanning, ClientEffects.BeginScan),
        (MirrorState.Rescan, ClientEvent.RateFell) => To(MirrorState.Rescan, ClientEffects.None),
        (MirrorState.Rescan, ClientEvent.RescanAsked) => To(MirrorState.Rescan, ClientEffects.None),

        _ => new ClientTransition(state, ClientEffects.None, $"{happened} cannot happen in {state}."),
    };

    private static ClientTransition To(MirrorState state, ClientEffects effects) => new(state, effects, null);
}
