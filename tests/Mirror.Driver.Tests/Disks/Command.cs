using System.Diagnostics;

namespace Mirror.Driver.Tests.Disks;

/// <summary>Runs a program of the system to its end.</summary>
internal static class Command
{
    public static string Run(string program, string arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {arguments}: {process.ExitCode}: {errors.Result}");
        return output;
    }
}
