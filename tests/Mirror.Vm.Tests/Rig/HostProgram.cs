using System.ComponentModel;
using System.Diagnostics;

namespace Mirror.Vm.Tests.Rig;

/// <summary>Runs programs of the host to their end.</summary>
internal static class HostProgram
{
    /// <summary>Runs a program and gives what it wrote.</summary>
    /// <exception cref="CannotRunException">It is not there, failed, or did not end in time.</exception>
    public static string Run(string program, IEnumerable<string> arguments, string? directory = null, int seconds = 120)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "",
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
            {
                process.Kill(entireProcessTree: true);
                throw new CannotRunException($"{program} did not end within {seconds} s");
            }
            if (process.ExitCode != 0) throw new CannotRunException($"{program} {string.Join(' ', arguments)}: {errors.Result.Trim()}");
            return output.Result;
        }
        catch (Win32Exception e)
        {
            throw new CannotRunException($"{program} is not installed ({e.Message})");
        }
    }

    /// <summary>Where a program or other file is, of several places.</summary>
    /// <exception cref="CannotRunException">Nowhere.</exception>
    public static string Find(string name)
    {
        foreach (string directory in (string[])["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"])
            if (File.Exists(Path.Combine(directory, name))) return Path.Combine(directory, name);
        throw new CannotRunException($"{name} is not installed");
    }
}
