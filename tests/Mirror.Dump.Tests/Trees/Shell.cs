using System.Diagnostics;

namespace Mirror.Dump.Tests.Trees;

/// <summary>Runs programs of the machine; what fails says why.</summary>
internal static class Shell
{
    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Find(program) ?? program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} took over two minutes.");
        }
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.Result}{output.Result}");
        return output.Result;
    }

    /// <summary>Runs a script of bash, strictly.</summary>
    public static string Script(string script) => Run("bash", "-euo", "pipefail", "-c", script);

    /// <summary>Attaches a file to a free loop device and says which. Two processes at once can choose the same one; another try takes the next.</summary>
    public static string AttachLoop(params string[] arguments)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return Run("losetup", ["--find", "--show", .. arguments]).Trim();
            }
            catch (InvalidOperationException) when (attempt < 20)
            {
            }
        }
    }

    /// <summary>Whether a program is there.</summary>
    public static bool Has(string program) => Find(program) is not null;

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/sbin").Append("/usr/sbin").Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);
}
