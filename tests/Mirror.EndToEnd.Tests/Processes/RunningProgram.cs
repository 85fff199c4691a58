using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>A process that was started and goes on until it is told to end, or killed; never outlives its test.</summary>
internal sealed class RunningProgram : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private bool _disposed;

    public RunningProgram(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Everything it has written so far.</summary>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>Resident bytes now (VmRSS).</summary>
    public long ResidentBytes => StatusBytes("VmRSS");

    /// <summary>Resident bytes of its own now (RssAnon): heap and stacks, no mapped ring.</summary>
    public long OwnBytes => StatusBytes("RssAnon");

    /// <summary>The most that were ever resident (VmHWM).</summary>
    public long PeakResidentBytes => StatusBytes("VmHWM");

    /// <summary>Ends it as a crash would, and waits until it is gone.</summary>
    public void Kill()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Sends a signal, by its name without SIG.</summary>
    public void Signal(string name) => Posix.Signal(Id, name);

    /// <summary>Waits for its own end.</summary>
    public async Task<int> ExitAsync(TimeSpan limit)
    {
        using var late = new CancellationTokenSource(limit);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Process {Id} did not end within {limit}: {Log}");
        }
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private long StatusBytes(string field)
    {
        string line = File.ReadLines($"/proc/{Id}/status").Single(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    private void Append(string? line)
    {
        if (line is null) return;
        lock (_log) _log.Append(line).Append('\n');
    }
}
