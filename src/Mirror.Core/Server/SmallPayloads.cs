using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// Packs the payloads of small WRITEs together, so that each does not keep a buffer of 1 MiB: the buffer in which one was received takes those that follow,
/// as long as they fit, and goes back to its pool when all in it have been given back. Takes no memory of its own, so packing never waits. Used by the reader;
/// pieces may be given back by another thread.
/// </summary>
internal sealed class SmallPayloads
{
    private Pack? _filling;

    /// <summary>Takes a payload over.</summary>
    /// <returns>Its bytes, and what is disposed once to give them back.</returns>
    public (ReadOnlyMemory<byte> Data, IDisposable Owner) Add(PayloadBuffer payload)
    {
        if (_filling is { } filling && filling.TryAdd(payload.Span, out ReadOnlyMemory<byte> piece))
        {
            payload.Dispose();
            return (piece, filling);
        }
        _filling = new Pack(payload);
        return (payload.Memory, _filling);
    }

    private sealed class Pack(PayloadBuffer buffer) : IDisposable
    {
        private readonly Lock _lock = new();
        private int _used = buffer.Length;  // guarded by _lock, as the next
        private int _pieces = 1;            // not given back; 0: the buffer is gone

        public bool TryAdd(ReadOnlySpan<byte> bytes, out ReadOnlyMemory<byte> piece)
        {
            lock (_lock)
            {
                piece = default;
                if (_pieces == 0 || _used + bytes.Length > buffer.All.Length) return false;
                Memory<byte> place = buffer.All.Slice(_used, bytes.Length);
                bytes.CopyTo(place.Span);
                piece = place;
                _used += bytes.Length;
                _pieces++;
                return true;
            }
        }

        public void Dispose()
        {
            lock (_lock)
            {
                if (--_pieces > 0) return;
            }
            buffer.Dispose();
        }
    }
}
