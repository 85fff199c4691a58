using System.Buffers.Binary;
using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>Writes past every cache, from one thread: the first bytes of each write say which one it was.</summary>
internal sealed class DirectWriter(string path, int pages = 1) : IDisposable
{
    private readonly DirectFile _file = DirectFile.Open(path);
    private readonly DirectBuffer _buffer = new(pages);

    /// <summary>Threads that write at random places until they are told to stop.</summary>
    public static Thread[] Hammer(string path, long diskBytes, int threads, CancellationToken stop)
    {
        Thread[] all = [.. Enumerable.Range(0, threads).Select(number => new Thread(() =>
        {
            using var writer = new DirectWriter(path);
            var random = new Random(number);
            while (!stop.IsCancellationRequested) writer.Write(random.Next((int)(diskBytes / 4096)) * 4096L);
        }))];
        foreach (Thread thread in all) thread.Start();
        return all;
    }

    /// <summary>How many writes there were.</summary>
    public long Count { get; private set; }

    public void Write(long offset, int bytes = 4096)
    {
        Stamp();
        _file.Write(_buffer, bytes, offset);
    }

    public bool TryWrite(long offset, int bytes = 4096)
    {
        Stamp();
        return _file.TryWrite(_buffer, bytes, offset);
    }

    public void Dispose()
    {
        _file.Dispose();
        _buffer.Dispose();
    }

    private void Stamp() => BinaryPrimitives.WriteInt64LittleEndian(_buffer.Span, ++Count);
}
