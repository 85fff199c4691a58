using System.Diagnostics;
using Mirror.Core.Control;

namespace Mirror.Hosting;

/// <summary>A command line of the administrator's, run by the shell with this process's stdout and stderr.</summary>
internal static class ShellCommand
{
    /// <summary>Runs it to its end; when it is given up, it is killed with its children.</summary>
    /// <exception cref="MirrorControlException">It ended with another code than 0.</exception>
    public static async Task RunAsync(string command, string what, CancellationToken cancellation)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { UseShellExecute = false })!;
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        if (process.ExitCode != 0) throw new MirrorControlException($"{what} ended with {process.ExitCode}: {command}");
    }
}
