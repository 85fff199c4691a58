using System.Diagnostics;

namespace Mirror.Driver.Tests.Taps;

/// <summary>Runs commands of the system.</summary>
internal static class Shell
{
    public static string Run(string command)
    {
        (int code, string output) = Try(command);
        return code == 0 ? output : throw new InvalidOperationException($"'{command}' ended with {code}: {output}");
    }

    public static (int Code, string Output) Try(string command)
    {
        using Process process = Start(command);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, (output + errors.Result).Trim());
    }

    public static Process Start(string command) => Process.Start(new ProcessStartInfo("/bin/bash")
    {
        ArgumentList = { "-c", command },
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
