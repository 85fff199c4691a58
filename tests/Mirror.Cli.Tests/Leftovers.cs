using System.Diagnostics;

namespace Mirror.Cli.Tests;

/// <summary>Takes away what a failed demo left under a directory: processes, mounts, loop devices, pins. Nothing to do after a test that passed.</summary>
internal sealed class Leftovers(string root) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
            if (Path.GetFileName(process) != Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture) && Read(Path.Combine(process, "cmdline")).Contains(root, StringComparison.Ordinal))
                await RunAsync("kill", "-9", Path.GetFileName(process));
        foreach (string mount in Read("/proc/self/mounts").Split('\n').Select(l => l.Split(' ')).Where(w => w.Length > 1 && w[1].StartsWith(root, StringComparison.Ordinal)).Select(w => w[1]))
            await RunAsync("umount", "--lazy", mount);
        foreach (string loop in Directory.EnumerateDirectories("/sys/block", "loop*").Where(l => Read(Path.Combine(l, "loop/backing_file")).Contains(root, StringComparison.Ordinal)))
            await RunAsync("losetup", "--detach", "/dev/" + Path.GetFileName(loop));
        foreach (string demo in Directory.EnumerateDirectories(root, "diskmirror-demo-*"))
        {
            string volume = Path.GetFileName(demo)["diskmirror-".Length..];
            if (Directory.Exists("/sys/fs/bpf/diskmirror/" + volume)) await DiskmirrorProcess.RunAsync(Path.Combine(demo, "run"), "stop", volume);
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
    }
}
