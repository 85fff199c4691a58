using System.Net;

namespace Mirror.Core.Wire;

/// <summary>
/// Who may be connected without having proved anything (docs/protocol.md section 1). A newcomer is never turned away: where its place is taken, a
/// random holder of such a place loses it, so that a flood cannot lock an honest client out for long: a proof takes milliseconds.
/// Safe for use by several threads.
/// </summary>
internal sealed class UnprovenConnections(UnprovenLimits limits, TimeProvider clock, Random random)
{
    private readonly Lock _lock = new();
    private readonly List<Place> _common = [];                              // guarded by _lock, as is all that follows
    private readonly List<Place> _reserved = [];
    private readonly Dictionary<SourcePrefix, List<Place>> _byPrefix = [];  // of the common ones
    private readonly Dictionary<IPAddress, LinkedListNode<(IPAddress Address, long At)>> _proven = [];
    private readonly LinkedList<(IPAddress Address, long At)> _byAge = new();   // oldest first

    /// <summary>One unproven connection. <see cref="Evicted"/> is cancelled when it loses its place.</summary>
    internal sealed class Place(IPAddress address, bool reserved)
    {
        private readonly CancellationTokenSource _evicted = new();

        public IPAddress Address { get; } = address;

        public SourcePrefix Prefix { get; } = SourcePrefix.Of(address);

        public bool Reserved { get; } = reserved;

        public CancellationToken Evicted => _evicted.Token;

        internal void Evict() => _evicted.Cancel();
    }

    /// <summary>Connections that hold a place now.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _common.Count + _reserved.Count;
        }
    }

    /// <summary>Gives a newcomer a place, at the cost of another where there is none.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <param name="evicted">Whether another lost its place.</param>
    public Place Admit(IPAddress address, out bool evicted)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Place place;
        Place? loser = null;
        lock (_lock)
        {
            if (IsProven(address) && _reserved.Count < limits.Reserved)
            {
                place = new Place(address, reserved: true);
                _reserved.Add(place);
            }
            else
            {
                place = new Place(address, reserved: false);
                if (_byPrefix.TryGetValue(place.Prefix, out List<Place>? same) && same.Count >= limits.PerPrefix) loser = same[random.Next(same.Count)];
                else if (_common.Count >= limits.Total - limits.Reserved) loser = _common[random.Next(_common.Count)];
                if (loser is not null) Remove(loser);
                _common.Add(place);
                if (!_byPrefix.TryGetValue(place.Prefix, out same)) _byPrefix.Add(place.Prefix, same = []);
                same.Add(place);
            }
        }
        evicted = loser is not null;
        loser?.Evict();     // outside the lock: it runs what hangs on the token
        return place;
    }

    /// <summary>The connection proved itself: its place is free, and its address is remembered.</summary>
    public void Proved(Place place)
    {
        lock (_lock)
        {
            Remove(place);
            if (_proven.Remove(place.Address, out LinkedListNode<(IPAddress, long)>? old)) _byAge.Remove(old);
            _proven.Add(place.Address, _byAge.AddLast((place.Address, clock.GetTimestamp())));
            if (_proven.Count > limits.RememberedAddresses) Forget(_byAge.First!);
        }
    }

    /// <summary>The connection ended; nothing happens when its place was lost before.</summary>
    public void Leave(Place place)
    {
        lock (_lock) Remove(place);
    }

    private bool IsProven(IPAddress address)
    {
        while (_byAge.First is { } oldest && clock.GetElapsedTime(oldest.Value.At) > limits.ProvenFor) Forget(oldest);
        return _proven.ContainsKey(address);
    }

    private void Forget(LinkedListNode<(IPAddress Address, long At)> node)
    {
        _proven.Remove(node.Value.Address);
        _byAge.Remove(node);
    }

    private void Remove(Place place)
    {
        if (!(place.Reserved ? _reserved : _common).Remove(place) || place.Reserved) return;
        List<Place> same = _byPrefix[place.Prefix];
        same.Remove(place);
        if (same.Count == 0) _byPrefix.Remove(place.Prefix);
    }
}
