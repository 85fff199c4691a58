using Mirror.Core.Fakes;

namespace Mirror.Core.Tests.Client;

/// <summary>Keeps a fake disk busy on a thread of its own: writes of all sizes at all places, mostly in a hot region, zeroes, discards.</summary>
internal sealed class FakeWriter : IDisposable
{
    private readonly FakeDisk _disk;
    private readonly Random _random;
    private readonly TimeSpan _pause;
    private readonly Thread _thread;
    private volatile bool _stop;

    public FakeWriter(FakeDisk disk, int seed, TimeSpan pause = default, bool discards = true)
    {
        _disk = disk;
        _random = new Random(seed);
        _pause = pause;
        Discards = discards;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public bool Discards { get; }

    public long Writes { get; private set; }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private void Run()
    {
        var buffer = new byte[64 << 10];
        while (!_stop)
        {
            int length = 512 * (1 << _random.Next(8));
            int span = _random.Next(4) == 0 ? (int)_disk.SizeBytes : (int)_disk.SizeBytes / 16;
            int offset = _random.Next((span - length) / 512) * 512;
            int kind = _random.Next(40);
            if (kind == 0) _disk.WriteZeroes(offset, length);
            else if (kind == 1 && Discards) _disk.Discard(offset, length);
            else
            {
                _random.NextBytes(buffer.AsSpan(0, length));
                _disk.Write(offset, buffer.AsSpan(0, length));
            }
            Writes++;
            if (_pause > TimeSpan.Zero && Writes % 16 == 0) Thread.Sleep(_pause);
        }
    }
}
