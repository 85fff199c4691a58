using Mirror.Core.Files;
using Mirror.Dump.Archive.Reading;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>
/// The directories of a target that correspond to those of an archive. A bounded number is kept open; each is entered from the one above, so that depth does not matter and no
/// link is followed. Used by one thread; leases may be released by any.
/// </summary>
internal sealed class TargetTree(IRestoreTarget target) : IDisposable
{
    private const int MaxOpen = 256;

    private readonly Dictionary<ArchiveDirectory, LinkedListNode<Opened>> _open = [];
    private readonly LinkedList<Opened> _order = new();
    private readonly DirectoryLease _root = new(target.Root);

    /// <summary>Holds a directory of the target.</summary>
    /// <exception cref="IOException">It is not there, or something else is.</exception>
    public DirectoryLease Hold(ArchiveDirectory directory)
    {
        if (directory.Parent is null) return _root.Hold();
        if (_open.TryGetValue(directory, out LinkedListNode<Opened>? known))
        {
            _order.Remove(known);
            _order.AddLast(known);
            return known.Value.Lease.Hold();
        }
        // Up to the nearest that is open, then down again.
        Stack<ArchiveDirectory> way = new();
        ArchiveDirectory at = directory;
        for (; at.Parent is not null && !_open.ContainsKey(at); at = at.Parent) way.Push(at);
        DirectoryLease lease = Hold(at);
        while (way.TryPop(out ArchiveDirectory? next))
        {
            DirectoryLease below;
            try
            {
                below = new DirectoryLease(lease.Directory.Open(next.Name)).Hold();
            }
            finally
            {
                lease.Release();
            }
            _open[next] = _order.AddLast(new Opened(next, below));
            lease = below;
            Trim();
        }
        return lease;
    }

    /// <summary>Closes a directory that is about to be moved or removed.</summary>
    public void Forget(ArchiveDirectory directory)
    {
        if (!_open.Remove(directory, out LinkedListNode<Opened>? known)) return;
        _order.Remove(known);
        known.Value.Lease.Directory.Dispose();
    }

    public void Dispose()
    {
        foreach ((_, DirectoryLease lease) in _order) lease.Directory.Dispose();
    }

    private void Trim()
    {
        LinkedListNode<Opened>? oldest = _order.First;
        while (_order.Count > MaxOpen && oldest is not null)
        {
            LinkedListNode<Opened> at = oldest;
            oldest = oldest.Next;
            if (!at.Value.Lease.IsFree) continue;
            _open.Remove(at.Value.Key);
            _order.Remove(at);
            at.Value.Lease.Directory.Dispose();
        }
    }

    private sealed record Opened(ArchiveDirectory Key, DirectoryLease Lease);
}
