using System.ComponentModel;
using System.Diagnostics;

namespace Mirror.Cli.Demo;

/// <summary>Runs programs of the system.</summary>
internal static class Tool
{
    private static readonly string[] Places = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>The program's path, or null when it is not on this machine.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(Places).Where(p => p.Length > 0)
            .Select(p => Path.Combine(p, name)).FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end and returns what it wrote to stdout.</summary>
    /// <exception cref="IOException">It is missing, or failed; the message holds its last words.</exception>
    public static async Task<string> RunAsync(CancellationToken cancellation, string name, params string[] arguments)
    {
        (int code, string output, string error) = await TryAsync(cancellation, name, arguments);
        return code == 0 ? output : throw new IOException($"'{name} {string.Join(' ', arguments)}' failed with exit code {code}: {(error.Length > 0 ? error : output).Trim()}");
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int Code, string Output, string Error)> TryAsync(CancellationToken cancellation, string name, params string[] arguments)
    {
        cancellation.ThrowIfCancellationRequested();
        using Process process = Start(name, arguments);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None), error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        // Not cut short: the programs are short ones, and half a mkfs or losetup is harder to clean up than a whole one.
        await process.WaitForExitAsync(CancellationToken.None);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts a program with its streams connected to this process.</summary>
    public static Process Start(string name, params ReadOnlySpan<string> arguments)
    {
        string path = Find(name) ?? throw new IOException($"The program '{name}' is not on this machine. './build.sh demo' installs what the demo needs.");
        ProcessStartInfo start = new(path) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            return Process.Start(start) ?? throw new IOException($"'{path}' could not be started.");
        }
        catch (Win32Exception e)
        {
            throw new IOException($"'{path}' could not be started: {e.Message}", e);
        }
    }
}
