using Mirror.Core.Client;
using Mirror.Core.Control;

namespace Mirror.Core.Tests.Client;

public sealed class ClientStateMachineTests
{
    // The table of DESIGN.md section 4, cell by cell; what is missing cannot happen.
    private static readonly Dictionary<(MirrorState, ClientEvent), MirrorState> Table = new()
    {
        [(MirrorState.NoConn, ClientEvent.ConnectedResume)] = MirrorState.CatchUp,
        [(MirrorState.NoConn, ClientEvent.ConnectedScan)] = MirrorState.Scanning,
        [(MirrorState.NoConn, ClientEvent.ConnectionLost)] = MirrorState.NoConn,
        [(MirrorState.NoConn, ClientEvent.RescanAsked)] = MirrorState.NoConn,
        [(MirrorState.Scanning, ClientEvent.ConnectionLost)] = MirrorState.NoConn,
        [(MirrorState.Scanning, ClientEvent.ScanEnded)] = MirrorState.CatchUp,
        [(MirrorState.Scanning, ClientEvent.RateFell)] = MirrorState.Scanning,
        [(MirrorState.Scanning, ClientEvent.RescanAsked)] = MirrorState.Rescan,
        [(MirrorState.CatchUp, ClientEvent.ConnectionLost)] = MirrorState.NoConn,
        [(MirrorState.CatchUp, ClientEvent.CaughtUp)] = MirrorState.Live,
        [(MirrorState.CatchUp, ClientEvent.RateFell)] = MirrorState.CatchUp,
        [(MirrorState.CatchUp, ClientEvent.RescanAsked)] = MirrorState.Rescan,
        [(MirrorState.Live, ClientEvent.ConnectionLost)] = MirrorState.NoConn,
        [(MirrorState.Live, ClientEvent.CaughtUp)] = MirrorState.Live,
        [(MirrorState.Live, ClientEvent.RateFell)] = MirrorState.CatchUp,
        [(MirrorState.Live, ClientEvent.RescanAsked)] = MirrorState.Rescan,
        [(MirrorState.Rescan, ClientEvent.ConnectionLost)] = MirrorState.NoConn,
        [(MirrorState.Rescan, ClientEvent.Settled)] = MirrorState.Scanning,
        [(MirrorState.Rescan, ClientEvent.RateFell)] = MirrorState.Rescan,
        [(MirrorState.Rescan, ClientEvent.RescanAsked)] = MirrorState.Rescan,
    };

    public static TheoryData<MirrorState, ClientEvent> Cells()
    {
        var cells = new TheoryData<MirrorState, ClientEvent>();
        foreach (MirrorState state in Enum.GetValues<MirrorState>())
        {
            foreach (ClientEvent happened in Enum.GetValues<ClientEvent>()) cells.Add(state, happened);
        }
        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Every_cell_of_the_table_leads_where_it_says(MirrorState state, ClientEvent happened)
    {
        ClientTransition next = ClientStateMachine.Next(state, happened);
        if (Table.TryGetValue((state, happened), out MirrorState expected))
        {
            Assert.Null(next.Illegal);
            Assert.Equal(expected, next.State);
            return;
        }
        Assert.Contains($"{happened} cannot happen in {state}", next.Illegal);
        Assert.Equal(state, next.State);
        Assert.Equal(ClientEffects.None, next.Effects);
    }

    [Theory]
    [InlineData(MirrorState.Scanning)]
    [InlineData(MirrorState.CatchUp)]
    [InlineData(MirrorState.Live)]
    [InlineData(MirrorState.Rescan)]
    public void A_lost_connection_lowers_the_rate_so_that_the_bitmaps_collect(MirrorState state) =>
        Assert.True(ClientStateMachine.Next(state, ClientEvent.ConnectionLost).Effects.HasFlag(ClientEffects.TapOff));

    [Theory]
    [InlineData(ClientEvent.ConnectedResume)]
    [InlineData(ClientEvent.ConnectedScan)]
    public void A_new_connection_collects_what_was_marked_meanwhile(ClientEvent happened) =>
        Assert.True(ClientStateMachine.Next(MirrorState.NoConn, happened).Effects.HasFlag(ClientEffects.Collect));
}
