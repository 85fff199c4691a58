using System.Diagnostics;

namespace Mirror.Driver.Tests;

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

    /// <summary>Attaches a file to a free loop device and says which. Two processes at once can choose the same one; another try takes the next.</summary>
    /// <param name="arguments">The file, with options of losetup before it.</param>
    public static string AttachLoop(string arguments)
    {
        for (int attempt = 0; ; attempt++)
        {
            (int code, string output) = Try($"losetup --find --show {arguments}");
            if (code == 0) return output;
            if (attempt == 20) throw new InvalidOperationException($"'losetup --find --show {arguments}' ended with {code}: {output}");
        }
    }

    public static Process Start(string command) => Process.Start(new ProcessStartInfo("/bin/bash")
    {
        ArgumentList = { "-c", command },
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
