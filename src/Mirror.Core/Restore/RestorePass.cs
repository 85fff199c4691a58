using System.Runtime.ExceptionServices;
using Mirror.Core.Blocks;
using Mirror.Core.Disks;
using Mirror.Core.Wire;

namespace Mirror.Core.Restore;

/// <summary>
/// One comparison of target and view on one connection, from a position on. For each chunk: read it, hash it, compare with the server's tag; in one that differs
/// compare 4 KiB units; fetch and write those that differ, or make them zero. Several chunks are under way at once, and chunk hashes are asked for ahead.
/// Everything below <see cref="Position"/> is done, so a pass that breaks is gone on with there.
/// </summary>
internal sealed class RestorePass(RestoreConnection connection, ITargetDisk target, RestoreFigures figures, int slots)
{
    private const int WindowChunks = 16;
    private const int MinHoleChunks = 4 * WindowChunks;

    private readonly long _size = connection.View.SizeSectors << Units.SectorShift;
    private readonly ThreadLocal<UnitHasher> _hashers = new(() => new UnitHasher(connection.View.HashKey));
    private readonly Queue<RestoreSlot> _free = new(Enumerable.Range(0, slots).Select(_ => new RestoreSlot()));  // guarded by itself
    private readonly SemaphoreSlim _slots = new(slots, slots);
    private readonly Queue<(long End, Task Done)> _order = new();
    private volatile Exception? _failure;
    private long _position;

    /// <summary>Bytes from the start that are done.</summary>
    public long Position => Interlocked.Read(ref _position);

    private long Chunks => (_size + Units.ChunkBytes - 1) / Units.ChunkBytes;

    /// <summary>Runs to the end of the volume.</summary>
    /// <param name="position">Where to begin: a multiple of a chunk.</param>
    /// <param name="cancellation">Ends it; what is being written is finished first.</param>
    /// <exception cref="IOException">Connection or target failed; <see cref="Position"/> holds, and nothing is under way any more.</exception>
    public async Task RunAsync(long position, CancellationToken cancellation)
    {
        _position = position;
        try
        {
            long next = position / Units.ChunkBytes;
            Window? ahead = next < Chunks ? Ask(next) : null;
            while (ahead is { } window)
            {
                next = window.First + window.Count;
                ahead = next < Chunks ? Ask(next) : null;
                await RunWindowAsync(window, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            _failure ??= e;
        }
        // Whatever happened, nothing may touch target or memory afterwards, and what came in time is written and counts.
        foreach ((_, Task done) in _order)
        {
            try
            {
                await done.ConfigureAwait(false);
            }
            catch (Exception e)
            {
                _failure ??= e;
            }
        }
        Advance();
        if (_failure is { } failure) ExceptionDispatchInfo.Throw(failure);
    }

    private Window Ask(long chunk)
    {
        long hole = (target.NextData(chunk * Units.ChunkBytes) - chunk * Units.ChunkBytes) / Units.ChunkBytes;
        if (target.NextData(chunk * Units.ChunkBytes) >= _size) hole = Chunks - chunk;
        bool zero = hole >= MinHoleChunks || (hole > 0 && hole >= Chunks - chunk);
        int count = (int)Math.Min(zero ? Math.Min(hole, WireLimits.MaxHashUnits) : WindowChunks, Chunks - chunk);
        Task<byte[]?> tags = connection.HashesAsync(new HashRequestMessage(chunk * (Units.ChunkBytes / Units.SectorBytes), count, Units.ChunkBytes));
        _ = tags.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return new Window(chunk, count, zero, tags);
    }

    private async Task RunWindowAsync(Window window, CancellationToken cancellation)
    {
        if (window.LocalZero)
        {
            byte[]? tags = await window.Tags.ConfigureAwait(false);
            for (int i = 0; i < window.Count; i++)
            {
                long chunk = window.First + i;
                // Both sides zero: nothing to read, nothing to do.
                if (IsZero(TagOf(tags, i))) Enqueue(chunk, Task.CompletedTask);
                else await StartAsync(chunk, window, cancellation).ConfigureAwait(false);
            }
            return;
        }
        for (int i = 0; i < window.Count; i++) await StartAsync(window.First + i, window, cancellation).ConfigureAwait(false);
    }

    private async Task StartAsync(long chunk, Window window, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        if (_failure is not null)
        {
            _slots.Release();
            ExceptionDispatchInfo.Throw(_failure);
        }
        RestoreSlot slot;
        lock (_free) slot = _free.Dequeue();
        Enqueue(chunk, Task.Run(async () =>
        {
            try
            {
                await RunChunkAsync(chunk, (int)(chunk - window.First), window.Tags, slot, cancellation).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                _failure ??= e;
                throw;
            }
            finally
            {
                lock (_free) _free.Enqueue(slot);
                _slots.Release();
            }
        }, CancellationToken.None));
    }

    private void Enqueue(long chunk, Task done)
    {
        _order.Enqueue((Math.Min((chunk + 1) * Units.ChunkBytes, _size), done));
        Advance();
    }

    private void Advance()
    {
        while (_order.TryPeek(out (long End, Task Done) oldest) && oldest.Done.IsCompletedSuccessfully)
        {
            Interlocked.Exchange(ref _position, oldest.End);
            _order.Dequeue();
        }
    }

    private async Task RunChunkAsync(long chunk, int index, Task<byte[]?> windowTags, RestoreSlot slot, CancellationToken cancellation)
    {
        long offset = chunk * Units.ChunkBytes;
        Memory<byte> data = slot.Data[..(int)Math.Min(Units.ChunkBytes, _size - offset)];
        await target.ReadAsync(offset, data, cancellation).ConfigureAwait(false);
        byte[] local = new byte[WireLimits.TagBytes];
        _hashers.Value!.Hash(data.Span, Units.ChunkBytes, chunk, local);
        byte[]? tags = await windowTags.ConfigureAwait(false);
        if (IsZero(TagOf(tags, index)))
        {
            if (IsZero(local)) return;
            await ZeroAsync(offset, data.Length).ConfigureAwait(false);
            return;
        }
        if (TagOf(tags, index).SequenceEqual(local)) return;
        int units = (data.Length + Units.FineBytes - 1) / Units.FineBytes;
        byte[]? image = await connection.HashesAsync(new HashRequestMessage(offset >> Units.SectorShift, units, Units.FineBytes)).ConfigureAwait(false);
        _hashers.Value!.HashAll(data.Span, Units.FineBytes, offset / Units.FineBytes, slot.Tags);
        List<Task> under = [];
        for (int unit = 0; unit < units;)
        {
            Kind kind = KindOf(image, slot.Tags, unit);
            int end = unit + 1;
            while (end < units && KindOf(image, slot.Tags, end) == kind && (kind != Kind.Data || (end - unit + 1) * Units.FineBytes <= FetchWindow.FirstBytes)) end++;
            int from = unit * Units.FineBytes;
            int length = Math.Min(end * Units.FineBytes, data.Length) - from;
            if (kind == Kind.Zero) under.Add(ZeroAsync(offset + from, length));
            else if (kind == Kind.Data) under.Add(FetchAsync(offset + from, data.Slice(from, length), cancellation));
            unit = end;
        }
        // All of them end before the memory is used again; what has come is written although another part was cut off.
        await Task.WhenAll(under).ConfigureAwait(false);
    }

    private async Task FetchAsync(long offset, Memory<byte> memory, CancellationToken cancellation)
    {
        figures.AddFound(memory.Length);
        if (_failure is { } failure) ExceptionDispatchInfo.Throw(failure);
        await connection.FetchAsync(offset, memory, cancellation).ConfigureAwait(false);
        figures.AddFetched(memory.Length);
        bool stored = false;
        try
        {
            await target.WriteAsync(offset, memory, CancellationToken.None).ConfigureAwait(false);
            stored = true;
        }
        finally
        {
            // Also when the target failed: who waits for room in the window must hear of it.
            connection.Stored(memory.Length, stored);
        }
        figures.AddWritten(memory.Length);
    }

    private async Task ZeroAsync(long offset, long length)
    {
        figures.AddFound(length);
        await target.ZeroAsync(offset, length, CancellationToken.None).ConfigureAwait(false);
        figures.AddZeroed(length);
    }

    private static ReadOnlySpan<byte> TagOf(byte[]? tags, int index) => tags is null ? default : tags.AsSpan(index * WireLimits.TagBytes, WireLimits.TagBytes);

    /// <summary>The tag of a unit that is all zero; so is one of a range of which the server said that all of it is.</summary>
    private static bool IsZero(ReadOnlySpan<byte> tag) => !tag.ContainsAnyExcept((byte)0);

    private static Kind KindOf(byte[]? image, byte[] local, int unit)
    {
        ReadOnlySpan<byte> there = TagOf(image, unit), here = local.AsSpan(unit * WireLimits.TagBytes, WireLimits.TagBytes);
        if (IsZero(there)) return IsZero(here) ? Kind.Same : Kind.Zero;
        return there.SequenceEqual(here) ? Kind.Same : Kind.Data;
    }

    private enum Kind
    {
        Same,
        Zero,
        Data,
    }

    /// <summary>Consecutive chunks whose tags are asked for together.</summary>
    private sealed record Window(long First, int Count, bool LocalZero, Task<byte[]?> Tags);
}
