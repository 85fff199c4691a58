using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

public sealed class PayloadBudgetTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public void Each_pool_has_one_however_many_the_others_have()
    {
        var budget = new PayloadBudget(4, 16);
        using var greedy = new PayloadPool(budget, 8);
        using var late = new PayloadPool(budget, 8);
        Assert.Equal(3, RentAll(greedy).Count);
        Assert.True(late.TryRent(out PayloadBuffer? one));
        Assert.False(late.TryRent(out _));
        Assert.Equal(4, budget.Out);
        one!.Dispose();
    }

    [Fact]
    public async Task One_that_waits_goes_on_when_its_own_come_back_though_others_wait_longer()
    {
        var budget = new PayloadBudget(4, 16);
        using var hanging = new PayloadPool(budget, 8);
        using var longer = new PayloadPool(budget, 8);
        using var own = new PayloadPool(budget, 8);
        Assert.True(longer.TryRent(out _));
        Assert.True(own.TryRent(out PayloadBuffer? held));
        RentAll(hanging);
        Task<PayloadBuffer> first = longer.RentAsync(default).AsTask(), waiting = own.RentAsync(default).AsTask();
        held!.Dispose();
        await waiting.WaitAsync(Deadline);
        Assert.False(first.IsCompleted);
        Assert.True(longer.IsStarved && !own.IsStarved);
    }

    [Fact]
    public async Task Who_goes_first_is_served_before_those_that_wait_longer_and_has_the_last_quarter_alone()
    {
        var budget = new PayloadBudget(8, 16, kept: 2);
        using var copy = new PayloadPool(budget, 8);
        using var other = new PayloadPool(budget, 8);
        using var live = new PayloadPool(budget, 8) { First = true };
        Assert.True(other.TryRent(out _) && live.TryRent(out _));
        List<PayloadBuffer> copied = RentAll(copy);
        Assert.Equal(6, budget.Out);
        Task<PayloadBuffer> copying = other.RentAsync(default).AsTask();
        Assert.Equal(2, RentAll(live).Count);
        Task<PayloadBuffer> waiting = live.RentAsync(default).AsTask();
        copied[0].Dispose();
        await waiting.WaitAsync(Deadline);
        copied[1].Dispose();
        Assert.False(copying.IsCompleted);
    }

    [Fact]
    public async Task Giving_up_and_leaving_lose_nothing()
    {
        var budget = new PayloadBudget(2, 16);
        var one = new PayloadPool(budget, 2);
        var other = new PayloadPool(budget, 2);
        Assert.True(one.TryRent(out PayloadBuffer? a));
        Assert.True(other.TryRent(out PayloadBuffer? b));
        using var stop = new CancellationTokenSource();
        Task<PayloadBuffer> given = one.RentAsync(stop.Token).AsTask(), waiting = one.RentAsync(default).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given.WaitAsync(Deadline));
        other.Dispose();
        Assert.False(waiting.IsCompleted);
        b!.Dispose();   // after its pool has left
        (await waiting.WaitAsync(Deadline)).Dispose();
        a!.Dispose();
        one.Dispose();
        Assert.Equal(0, budget.Out);
    }

    [Fact]
    public async Task Many_that_take_and_return_at_random_stay_within_the_limit_and_all_come_through()
    {
        const int seed = 41, pools = 30, most = 40, rounds = 400;
        var budget = new PayloadBudget(most, 16, kept: most / 4);
        int worst = 0;
        PayloadPool[] all = [.. Enumerable.Range(0, pools).Select(i => new PayloadPool(budget, 8) { First = i % 3 == 0 })];
        await Task.WhenAll(all.Select((pool, n) => Task.Run(async () =>
        {
            var random = new Random(seed + n);
            var held = new Queue<PayloadBuffer>();
            for (int i = 0; i < rounds; i++)
            {
                // As an intake does: a thread of its own gives back, oldest first, while the reader waits.
                Task<PayloadBuffer> next = pool.RentAsync(default).AsTask();
                while (!next.IsCompleted && held.Count > 0 && random.Next(2) == 0) held.Dequeue().Dispose();
                if (!next.IsCompleted) while (held.TryDequeue(out PayloadBuffer? back)) back.Dispose();
                held.Enqueue(await next.WaitAsync(Deadline));
                InterlockedMax(ref worst, budget.Out);
                if (random.Next(4) == 0) await Task.Yield();
            }
            while (held.TryDequeue(out PayloadBuffer? back)) back.Dispose();
        })));
        Assert.InRange(worst, 2, most);
        Assert.Equal(0, budget.Out);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (int seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            if (Interlocked.CompareExchange(ref most, value, seen) == seen) return;
        }
    }

    private static List<PayloadBuffer> RentAll(PayloadPool pool)
    {
        var all = new List<PayloadBuffer>();
        while (pool.TryRent(out PayloadBuffer? buffer)) all.Add(buffer!);
        return all;
    }
}
