using System.Net;
using Mirror.Core.Wire;
using Xunit.Abstractions;

namespace Mirror.Core.Tests.Wire;

public sealed class UnprovenConnectionsTests
{
    private readonly ManualClock _clock = new();
    private readonly ITestOutputHelper _output;
    private readonly UnprovenConnections _places;

    public UnprovenConnectionsTests(ITestOutputHelper output) => (_output, _places) = (output, new UnprovenConnections(new UnprovenLimits(), _clock, new Random(1)));

    private static IPAddress V4(int net, int host) => new([10, (byte)(net >> 8), (byte)net, (byte)host]);

    private void Prove(IPAddress address) => _places.Proved(_places.Admit(address, out _));

    [Fact]
    public void One_prefix_holds_sixteen_places_and_evicts_its_own()
    {
        UnprovenConnections.Place other = _places.Admit(V4(2, 1), out _);
        var same = Enumerable.Range(0, 16).Select(i => _places.Admit(V4(1, i), out _)).ToList();
        Assert.Equal(17, _places.Count);
        for (int i = 0; i < 100; i++)
        {
            same.Add(_places.Admit(V4(1, i), out bool evicted));
            Assert.True(evicted);
            Assert.Equal(17, _places.Count);
        }
        Assert.False(other.Evicted.IsCancellationRequested);
        Assert.Equal(16, same.Count(p => !p.Evicted.IsCancellationRequested));
    }

    [Fact]
    public void The_prefix_of_ipv6_is_56_bits_and_mapped_addresses_are_ipv4()
    {
        Assert.Equal(SourcePrefix.Of(IPAddress.Parse("2001:db8:1:2200::1")), SourcePrefix.Of(IPAddress.Parse("2001:db8:1:22ff:ffff::9")));
        Assert.NotEqual(SourcePrefix.Of(IPAddress.Parse("2001:db8:1:2200::1")), SourcePrefix.Of(IPAddress.Parse("2001:db8:1:2300::1")));
        Assert.Equal(SourcePrefix.Of(IPAddress.Parse("10.1.2.3")), SourcePrefix.Of(IPAddress.Parse("::ffff:10.1.2.200")));
        Assert.NotEqual(SourcePrefix.Of(IPAddress.Parse("10.1.2.3")), SourcePrefix.Of(IPAddress.Parse("10.1.3.3")));
    }

    [Fact]
    public void A_flood_from_everywhere_leaves_the_reserved_places_free()
    {
        IPAddress friend = V4(5, 5);
        Prove(friend);
        for (int i = 0; i < 10_000; i++) _places.Admit(V4(100 + i / 16 % 1000, i % 16), out _);
        Assert.Equal(48, _places.Count);
        var friends = Enumerable.Range(0, 16).Select(_ => _places.Admit(friend, out bool evicted) is var place && !evicted ? place : null).ToList();
        Assert.DoesNotContain(null, friends);
        Assert.Equal(64, _places.Count);
        for (int i = 0; i < 10_000; i++) _places.Admit(V4(100 + i / 16 % 1000, i % 16), out _);
        Assert.Equal(64, _places.Count);
        Assert.All(friends, place => Assert.False(place!.Evicted.IsCancellationRequested));
        _places.Admit(friend, out bool another);    // the seventeenth takes its chance with the others
        Assert.True(another);
        Assert.Equal(64, _places.Count);
    }

    [Fact]
    public void Who_is_evicted_is_random()
    {
        var losers = new HashSet<int>();
        for (int seed = 0; seed < 200; seed++)
        {
            var places = new UnprovenConnections(new UnprovenLimits(), _clock, new Random(seed));
            var all = Enumerable.Range(0, 48).Select(i => places.Admit(V4(i, 1), out _)).ToList();
            places.Admit(V4(99, 1), out bool evicted);
            Assert.True(evicted);
            losers.Add(all.FindIndex(p => p.Evicted.IsCancellationRequested));
        }
        Assert.DoesNotContain(-1, losers);
        Assert.True(losers.Count > 30, $"Only {losers.Count} different ones of 48 were chosen in 200 times.");
    }

    [Fact]
    public void A_proof_counts_for_a_day()
    {
        Prove(V4(1, 1));
        _clock.Advance(TimeSpan.FromHours(24));
        Assert.True(_places.Admit(V4(1, 1), out _).Reserved);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_places.Admit(V4(1, 1), out _).Reserved);
        Prove(V4(1, 1));
        Assert.True(_places.Admit(IPAddress.Parse("::ffff:10.0.1.1"), out _).Reserved);
        Assert.False(_places.Admit(V4(1, 2), out _).Reserved);
    }

    [Fact]
    public void The_memory_of_addresses_is_bounded_and_forgets_the_oldest()
    {
        for (int i = 0; i < 5000; i++)
        {
            Prove(V4(i / 250, i % 250));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        Assert.False(_places.Admit(V4(0, 0), out _).Reserved);
        Assert.True(_places.Admit(V4(4999 / 250, 4999 % 250), out _).Reserved);
    }

    [Fact]
    public void Random_coming_and_going_never_passes_a_limit()
    {
        int seed = Environment.TickCount;
        _output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var open = new List<UnprovenConnections.Place>();
        for (int step = 0; step < 50_000; step++)
        {
            int what = random.Next(10);
            if (what < 7) open.Add(_places.Admit(V4(random.Next(6), random.Next(20)), out _));
            else if (open.Count > 0)
            {
                int at = random.Next(open.Count);
                if (what == 7) _places.Proved(open[at]);
                else _places.Leave(open[at]);
                open.RemoveAt(at);
            }
            if (random.Next(100) == 0) _clock.Advance(TimeSpan.FromHours(3));
            open.RemoveAll(p => p.Evicted.IsCancellationRequested);
            Assert.True(_places.Count == open.Count, $"seed {seed}: {_places.Count} places, {open.Count} connections.");
            Assert.True(open.Count <= 64, $"seed {seed}: {open.Count} connections.");
            Assert.True(open.Count(p => p.Reserved) <= 16, $"seed {seed}: too many reserved.");
            Assert.True(open.Where(p => !p.Reserved).GroupBy(p => p.Prefix).All(g => g.Count() <= 16), $"seed {seed}: too many of a prefix.");
        }
    }
}
