using System.Diagnostics;
using System.Text;

namespace Mirror.Cli.Tests;

/// <summary>The real program, run as a process of its own with a control directory of its own.</summary>
internal sealed class DiskmirrorProcess : IDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder error = new();

    private DiskmirrorProcess(Process process) => this.process = process;

    /// <summary>The program beside the tests.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "diskmirror.exe" : "diskmirror");

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>Everything on stdout so far.</summary>
    public string Output
    {
        get
        {
            lock (output) return output.ToString();
        }
    }

    /// <summary>Everything on stderr so far.</summary>
    public string Error
    {
        get
        {
            lock (error) return error.ToString();
        }
    }

    public static DiskmirrorProcess Start(string runDirectory, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        // Whoever runs the tests may ignore signals (nohup, a shell's background job); the program under test must not inherit that.
        ProcessStartInfo start = new("env", ["--default-signal=HUP,INT,TERM", Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DISKMIRROR_RUN"] = runDirectory;
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        Process process = new() { StartInfo = start };
        DiskmirrorProcess started = new(process);
        process.OutputDataReceived += (_, line) => Append(started.output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(started.error, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return started;
    }

    /// <summary>Runs to the end, one minute at most.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(string runDirectory, params string[] arguments)
    {
        using DiskmirrorProcess process = Start(runDirectory, null, arguments);
        int code = await process.ExitAsync();
        return (code, process.Output, process.Error);
    }

    /// <summary>Waits for the end, one minute at most unless told otherwise.</summary>
    public async Task<int> ExitAsync(TimeSpan? most = null)
    {
        using CancellationTokenSource late = new(most ?? TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(late.Token);
        return process.ExitCode;
    }

    /// <summary>Sends a signal by its number.</summary>
    public void Signal(int number)
    {
        using Process kill = Process.Start("kill", [$"-{number}", Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    private static void Append(StringBuilder to, string? line)
    {
        if (line is null) return;
        lock (to) to.Append(line).Append('\n');
    }
}
