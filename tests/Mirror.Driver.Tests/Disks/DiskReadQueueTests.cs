using Mirror.Driver.Disks;

namespace Mirror.Driver.Tests.Disks;

public sealed class DiskReadQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Exactly_as_many_reads_are_in_flight_as_there_are_readers()
    {
        int now = 0, most = 0;
        using var allIn = new CountdownEvent(4);
        using var go = new ManualResetEventSlim();
        using var queue = new DiskReadQueue("test", readers: 4, depth: 16, (_, _) =>
        {
            int inFlight = Interlocked.Increment(ref now);
            int seen;
            while ((seen = Volatile.Read(ref most)) < inFlight) Interlocked.CompareExchange(ref most, inFlight, seen);
            if (!allIn.IsSet) allIn.Signal();
            Assert.True(go.Wait(Patience));
            Interlocked.Decrement(ref now);
        });
        Task[] reads = [.. Enumerable.Range(0, 40).Select(_ => queue.ReadAsync(0, default, default).AsTask())];
        Assert.True(allIn.Wait(Patience));
        go.Set();
        await Task.WhenAll(reads).WaitAsync(Patience);
        Assert.Equal(4, most);
    }

    [Fact]
    public async Task A_full_queue_makes_the_next_caller_wait_not_the_memory_grow()
    {
        using var go = new ManualResetEventSlim();
        int begun = 0;
        using var queue = new DiskReadQueue("test", readers: 1, depth: 2, (_, _) =>
        {
            Interlocked.Increment(ref begun);
            Assert.True(go.Wait(Patience));
        });
        Task first = queue.ReadAsync(0, default, default).AsTask();
        Task second = queue.ReadAsync(1, default, default).AsTask();
        using var stop = new CancellationTokenSource();
        Task third = queue.ReadAsync(2, default, stop.Token).AsTask();
        Assert.False(third.IsCompleted);
        stop.Cancel(); // it waits for a place and can be taken back at once, although nothing moves
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third.WaitAsync(Patience));
        go.Set();
        await Task.WhenAll(first, second).WaitAsync(Patience);
        Assert.Equal(2, begun);
    }

    [Fact]
    public async Task A_cancelled_read_ends_only_when_its_memory_is_free()
    {
        using var inRead = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        using var queue = new DiskReadQueue("test", readers: 1, depth: 2, (_, _) =>
        {
            inRead.Set();
            Assert.True(go.Wait(Patience));
        });
        using var stop = new CancellationTokenSource();
        Task read = queue.ReadAsync(0, default, stop.Token).AsTask();
        Task queued = queue.ReadAsync(1, default, stop.Token).AsTask();
        Assert.True(inRead.Wait(Patience));
        stop.Cancel();
        Assert.False(read.IsCompleted);
        go.Set();
        await read.WaitAsync(Patience);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued.WaitAsync(Patience));
    }

    [Fact]
    public async Task An_error_goes_to_its_own_caller_and_the_queue_goes_on()
    {
        using var queue = new DiskReadQueue("test", readers: 2, depth: 4, (offset, _) =>
        {
            if (offset % 3 == 0) throw new IOException($"bad {offset}");
        });
        for (int i = 0; i < 100; i++)
        {
            if (i % 3 == 0)
                Assert.Equal($"bad {i}", (await Assert.ThrowsAsync<IOException>(async () => await queue.ReadAsync(i, default, default))).Message);
            else
                await queue.ReadAsync(i, default, default);
        }
    }

    [Fact]
    public async Task Closing_lets_the_running_read_end_and_fails_the_waiting_one()
    {
        using var inRead = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var queue = new DiskReadQueue("test", readers: 1, depth: 4, (_, _) =>
        {
            inRead.Set();
            Assert.True(go.Wait(Patience));
        });
        Task running = queue.ReadAsync(0, default, default).AsTask();
        Task waiting = queue.ReadAsync(1, default, default).AsTask();
        Assert.True(inRead.Wait(Patience));
        Task closing = Task.Run(queue.Dispose);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => EventuallyClosed(queue));
        Assert.False(running.IsCompleted);
        go.Set();
        await running.WaitAsync(Patience);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Patience));
        await closing.WaitAsync(Patience);
    }

    private static async Task EventuallyClosed(DiskReadQueue queue)
    {
        using var stop = new CancellationTokenSource(Patience);
        while (true) await queue.ReadAsync(2, default, stop.Token).AsTask().WaitAsync(TimeSpan.FromMilliseconds(50)).ContinueWith(
            task => task.Exception?.InnerException is ObjectDisposedException e ? throw e : 0, TaskScheduler.Default);
    }

    [SkippableFact]
    public async Task Reads_run_in_the_idle_class_and_the_callers_thread_keeps_its_own()
    {
        Skip.If(DiskNative.IoClassOfThisThread() < 0, "the I/O class cannot be asked on this machine");
        int seen = -1;
        using var queue = new DiskReadQueue("test", readers: 1, depth: 1, (_, _) => seen = DiskNative.IoClassOfThisThread());
        await queue.ReadAsync(0, default, default);
        Assert.Equal(3, seen);
        Assert.NotEqual(3, DiskNative.IoClassOfThisThread());
    }
}
