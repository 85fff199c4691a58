using System.Diagnostics;
using Mirror.Core.Blocks;

namespace Mirror.Core.Server;

/// <summary>
/// Hashes what images have no tags of while there is nothing better to do: one thread for the whole server, never while anybody scans or restores, and at most a fifth
/// of the time. It goes round the volumes; what is written in two rounds is left alone, as its tag would not live long.
/// </summary>
internal sealed class TagRefresh : IDisposable
{
    private const int RestFactor = 4;
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(1);

    private readonly Func<IEnumerable<ServerVolume>> _volumes;
    private readonly Func<bool> _idle;
    private readonly TimeSpan _round;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    /// <param name="volumes">The volumes there are.</param>
    /// <param name="idle">Whether nobody scans or restores.</param>
    /// <param name="round">How long it waits before each round.</param>
    public TagRefresh(Func<IEnumerable<ServerVolume>> volumes, Func<bool> idle, TimeSpan round)
    {
        _volumes = volumes;
        _idle = idle;
        _round = round;
        _thread = new Thread(Run) { IsBackground = true, Name = "hash refresh" };
        _thread.Start();
    }

    /// <summary>Ends the thread; does not wait for a storage that hangs.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join(TimeSpan.FromSeconds(1));
    }

    private void Run()
    {
        Memory<byte> buffer = default;
        while (Rest(_round))
        {
            if (buffer.IsEmpty) buffer = AlignedMemory.Allocate(Units.ChunkBytes);
            foreach (ServerVolume volume in _volumes())
            {
                while (true)
                {
                    while (!_idle())
                    {
                        if (!Rest(Busy)) return;
                    }
                    long start = Stopwatch.GetTimestamp();
                    if (!volume.RefreshTag(buffer.Span)) break;
                    if (!Rest(Stopwatch.GetElapsedTime(start) * RestFactor)) return;
                }
            }
        }
    }

    /// <summary>False when it is to end.</summary>
    private bool Rest(TimeSpan time) => !_stop.Token.WaitHandle.WaitOne(time);
}
