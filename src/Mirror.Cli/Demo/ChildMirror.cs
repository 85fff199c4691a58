using System.Diagnostics;
using System.Globalization;

namespace Mirror.Cli.Demo;

/// <summary>This program itself, started again as a server or a client, in a session of its own: Ctrl-C at the terminal does not reach it.</summary>
internal sealed class ChildMirror : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process process;
    private readonly Queue<string> lastLines = new();

    private readonly Action<string> warn;

    private ChildMirror(Process process, Action<string> warn)
    {
        this.process = process;
        this.warn = warn;
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>The end of what it logged.</summary>
    public string LastLines
    {
        get
        {
            lock (lastLines) return string.Join('\n', lastLines);
        }
    }

    /// <summary>Starts one.</summary>
    /// <param name="runDirectory">Where its control socket is to be.</param>
    /// <param name="warn">Told each warning and error that it logs.</param>
    /// <param name="arguments">The command line.</param>
    public static ChildMirror Start(string runDirectory, Action<string> warn, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "diskmirror");
        // As one file the program does not lie beside what it unpacks.
        if (!File.Exists(program)) program = Environment.ProcessPath ?? program;
        ProcessStartInfo start = new(Tool.Find("setsid") ?? throw new IOException("The program 'setsid' (package util-linux) is not on this machine."))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(program);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment[Core.Control.ControlDirectory.Variable] = runDirectory;
        ChildMirror child = new(Process.Start(start) ?? throw new IOException($"{program} could not be started."), warn);
        child.process.StandardInput.Close();
        child.process.BeginErrorReadLine();
        child.process.BeginOutputReadLine();
        return child;
    }

    /// <summary>Ends it by SIGTERM, and by force when that does not help.</summary>
    public async Task EndAsync()
    {
        if (process.HasExited) return;
        await Tool.TryAsync(CancellationToken.None, "kill", "-TERM", Id.ToString(CultureInfo.InvariantCulture));
        using CancellationTokenSource late = new(Patience);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose() => process.Dispose();

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (lastLines)
        {
            lastLines.Enqueue(line);
            if (lastLines.Count > 20) lastLines.Dequeue();
        }
        foreach (string level in (ReadOnlySpan<string>)[" warn: ", " fail: ", " crit: "])
            if (line.IndexOf(level, StringComparison.Ordinal) is > 0 and var at) warn(line[(at + 1)..]);
    }
}
