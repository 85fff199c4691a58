using System.Diagnostics;
using Mirror.Hosting.Archives;

namespace Mirror.Cli.Terminal;

/// <summary>How far a dump or restore is, on stderr: one line that is written over, on a terminal only. Safe for several threads.</summary>
internal sealed class ArchiveProgress(string done) : IDisposable
{
    private readonly bool _shown = !Console.IsErrorRedirected;
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private long _next = 500;
    private bool _written;

    public void Report(long bytes) => Report(bytes, 0);

    public void Report(long bytes, long about)
    {
        if (!_shown || _time.ElapsedMilliseconds < Volatile.Read(ref _next)) return;
        lock (_time)
        {
            if (_time.ElapsedMilliseconds < _next) return;
            _next = _time.ElapsedMilliseconds + 500;
            _written = true;
            Console.Error.Write($"\r{ArchiveText.Progress(bytes, about, done, _time.Elapsed)}   ");
        }
    }

    public void Dispose()
    {
        if (!_written) return;
        _written = false;
        Console.Error.Write("\r\x1b[K");
    }
}
