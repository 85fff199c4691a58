using Mirror.Core.Operations;
using Mirror.Core.Restore;

namespace Mirror.Cli.Terminal;

/// <summary>Shows how far a restore is, on stderr: a line that is drawn again where somebody watches, else a line every ten seconds.</summary>
internal sealed class RestoreDisplay(string volume) : IProgress<RestoreProgress>, IDisposable
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _last = Environment.TickCount64;   // guarded by _lock
    private bool _drawn;                            // guarded by _lock

    public void Report(RestoreProgress value)
    {
        if (value.SizeBytes == 0) return;
        lock (_lock)
        {
            if (Consoles.Interactive)
            {
                string line = PlainText.Clean(Line(value));
                int width = Math.Max(20, Console.BufferWidth - 1);
                Console.Error.Write("\r" + (line.Length > width ? line[..width] : line.PadRight(width)));
                _drawn = true;
            }
            else if (Environment.TickCount64 - _last >= LineInterval.TotalMilliseconds)
            {
                _last = Environment.TickCount64;
                Console.Error.WriteLine(PlainText.Clean(Line(value)));
            }
        }
    }

    /// <summary>Leaves the line that was drawn.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_drawn) Console.Error.WriteLine();
            _drawn = false;
        }
    }

    private string Line(RestoreProgress p) => $"{volume}: {RestoreText.Line(p)}";
}
