using System.Diagnostics;

namespace Mirror.Driver.Tests.Images;

/// <summary>A loop device over a sparse file; detached when disposed.</summary>
internal sealed class LoopDevice : IDisposable
{
    private LoopDevice(string path) => Path = path;

    public string Path { get; }

    public static LoopDevice Create(TemporaryDirectory directory, long bytes, int sectorBytes = 512)
    {
        string file = directory.At($"{Guid.NewGuid():N}.img");
        using (FileStream stream = File.Create(file)) stream.SetLength(bytes);
        return new LoopDevice(Shell.AttachLoop($"--sector-size {sectorBytes} {file}"));
    }

    /// <summary>Whether this process may make one.</summary>
    public static bool Possible => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && File.Exists("/dev/loop-control");

    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output;
    }

    public void Dispose() => Run("losetup", "--detach", Path);
}
