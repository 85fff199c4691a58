using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Mirror.Core.Operations;

namespace Mirror.Hosting;

/// <summary>
/// A log in a file, one line an entry, appended and flushed when nothing more waits. A slow disk never holds up the mirror: what does not fit into the
/// queue is counted, and the count is written when there is room again.
/// </summary>
internal sealed class FileLog : ILoggerProvider
{
    private const int MostWaiting = 8192;
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly StreamWriter file;
    private readonly Channel<string> lines = Channel.CreateBounded<string>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Task writing;
    private long lost;

    private FileLog(StreamWriter file)
    {
        this.file = file;
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Opens a file to append to; others may read it, also after it was moved away by log rotation.</summary>
    public static FileLog Open(string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        return new FileLog(new StreamWriter(path, new UTF8Encoding(false), options));
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
        lines.Writer.TryComplete();
        if (writing.Wait(Farewell)) file.Dispose();
    }

    private async Task WriteAsync()
    {
        try
        {
            while (await lines.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (lines.Reader.TryRead(out string? line)) await file.WriteLineAsync(line).ConfigureAwait(false);
                if (Interlocked.Exchange(ref lost, 0) is > 0 and var count) await file.WriteLineAsync($"... {count} entries did not fit and are lost").ConfigureAwait(false);
                await file.FlushAsync().ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // The log's disk is full or gone. The mirror goes on; entries are counted as lost.
            lines.Writer.TryComplete();
        }
    }

    private sealed class Category(FileLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string text = formatter(state, exception) + (exception is null ? "" : $": {exception}");
            string line = string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss.fff} {Word(logLevel)} {name}[{eventId.Id}] {PlainText.Clean(text)}");
            if (!log.lines.Writer.TryWrite(line)) Interlocked.Increment(ref log.lost);
        }

        private static string Word(LogLevel level) => level switch
        {
            LogLevel.Trace => "trace",
            LogLevel.Debug => "debug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warning",
            _ => "error",
        };
    }
}
