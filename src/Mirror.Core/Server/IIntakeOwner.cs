using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// What the intake of a connection asks of its volume. The three about scans write to stable storage and are called on a thread that may block, with
/// nothing of the connection under way.
/// </summary>
internal interface IIntakeOwner
{
    /// <summary>The volume's name.</summary>
    string Name { get; }

    /// <summary>The present incarnation.</summary>
    Guid Incarnation { get; }

    /// <summary>Waits in line until this volume may scan; it may until the scan or the connection ends.</summary>
    /// <exception cref="RefusalException">Too many scan, for too long.</exception>
    Task AdmitScanAsync(CancellationToken stop);

    /// <summary>Begins a scan, or goes on with the unfinished one; durable on return.</summary>
    /// <param name="goOn">Whether the client wants to go on with the unfinished one.</param>
    /// <param name="followed">Whether the client has been in CatchUp or Live on this connection: it has followed its disk without a break, so another
    /// disk cannot stand behind it, and the scan need not be guarded.</param>
    ScanBegunMessage BeginScan(bool goOn, bool followed);

    /// <summary>Decides on a guarded scan; what it allows is durable on return.</summary>
    /// <exception cref="RefusalException">It would change too much.</exception>
    void JudgeScan(in ScanComparedMessage found);

    /// <summary>No scan is unfinished any more; durable on return.</summary>
    void EndScan();

    /// <summary>The client's state, acknowledged.</summary>
    void Entered(StreamState state);

    /// <summary>What the client says of itself.</summary>
    void Reported(in AliveMessage alive);

    /// <summary>A mark was received, after so many writes of this connection.</summary>
    void MarkReceived(ulong n, long writes);

    /// <summary>A mark became durable; called before the client hears of it, on the commit thread.</summary>
    void Committed(in ImageMark mark);

    /// <summary>The store failed: it is not to be used again.</summary>
    /// <returns>What to tell the client.</returns>
    RefusalException Failed(Exception e);
}
