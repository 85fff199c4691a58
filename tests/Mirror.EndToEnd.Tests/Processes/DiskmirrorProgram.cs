using System.Diagnostics;
using System.Reflection;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>The program as it is built: <c>diskmirror</c>, run as processes of its own.</summary>
internal static class DiskmirrorProgram
{
    /// <summary>The executable; the build writes its place into this assembly.</summary>
    public static string Path { get; } = typeof(DiskmirrorProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "DiskmirrorProgram").Value!;

    /// <summary>How to start it with this control directory.</summary>
    /// <param name="runDirectory">Its <c>DISKMIRROR_RUN</c>.</param>
    /// <param name="prefix">A program that starts it, with its arguments; empty for none.</param>
    /// <param name="arguments">Its own arguments.</param>
    public static ProcessStartInfo StartInfo(string runDirectory, IReadOnlyList<string> prefix, IEnumerable<string> arguments)
    {
        string[] all = [.. prefix, Path, .. arguments];
        var start = new ProcessStartInfo(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DISKMIRROR_RUN"] = runDirectory;
        return start;
    }

    /// <summary>Runs one command to its end.</summary>
    public static async Task<CommandResult> RunAsync(string runDirectory, params string[] arguments)
    {
        using Process process = Process.Start(StartInfo(runDirectory, [], arguments))!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
        return new CommandResult(string.Join(' ', arguments), process.ExitCode, await output, await error);
    }
}
