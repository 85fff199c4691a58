using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace Mirror.Vm.Tests.Rig;

/// <summary>
/// One run of a stock kernel in a virtual machine (software emulation): boots, runs a shell script as root, and is gone. The script sees the
/// program under test in /program/bin, and the functions of Guest/guest.sh. It has no network but its own loopback.
/// </summary>
internal static class Guest
{
    /// <summary>Where the program under test was built.</summary>
    public static string ProgramDirectory => Built("Program");

    /// <summary>Where the tests' own program that follows a tap was built.</summary>
    public static string FollowerDirectory => Built("Follower");

    /// <summary>Boots, runs the script, and waits until the machine has switched itself off.</summary>
    /// <param name="script">Shell script; every command that fails ends it.</param>
    /// <param name="drives">Names and sizes in bytes of empty virtio drives; one called nvme is an NVMe drive.</param>
    /// <param name="seconds">Deadline for all of it.</param>
    /// <param name="programs">Directories that are put into /program/bin, first one wins.</param>
    /// <exception cref="CannotRunException">Something is missing on this machine.</exception>
    public static async Task<GuestResult> RunAsync(
        string script, IReadOnlyDictionary<string, long> drives, int seconds, params string[] programs)
    {
        string qemu = HostProgram.Find("qemu-system-x86_64");
        GuestSystem system = GuestSystem.Get();
        string directory = Directory.CreateTempSubdirectory("guest-").FullName;
        try
        {
            string program = Path.Combine(directory, "program.img");
            MakeProgramDrive(program, script, [.. programs.Select(built => AheadOfTime.Compiled(built, system.Kernel.Cache))]);
            var arguments = new List<string>
            {
                "-machine", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max", "-m", "2048", "-smp", "2", "-nodefaults",
                "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot", "-nic", "none",
                "-kernel", system.Kernel.Image, "-initrd", system.FirstRoot,
                "-append", "console=ttyS0 quiet panic=-1 mitigations=off oops=panic no_timer_check",
            };
            AddDrive(arguments, "system", system.Drive, readOnly: true);
            AddDrive(arguments, "program", program, readOnly: true);
            foreach ((string name, long bytes) in drives)
            {
                string file = Path.Combine(directory, name + ".img");
                using (var stream = new FileStream(file, FileMode.CreateNew)) stream.SetLength(bytes);
                AddDrive(arguments, name, file, readOnly: false);
            }
            return await BootAsync(qemu, arguments, seconds);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Built(string name) => Path.GetFullPath(
        typeof(Guest).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == name).Value!);

    private static void AddDrive(List<string> arguments, string name, string file, bool readOnly)
    {
        arguments.AddRange(["-drive", $"file={file},if=none,id={name},format=raw,cache=unsafe,discard=unmap{(readOnly ? ",readonly=on" : "")}"]);
        arguments.AddRange(["-device", name == "nvme" ? $"nvme,drive={name},serial=guest-drive-1" : $"virtio-blk-pci,drive={name},serial={name}"]);
    }

    private static void MakeProgramDrive(string file, string script, string[] programs)
    {
        string root = file + ".root";
        Directory.CreateDirectory(Path.Combine(root, "bin"));
        File.WriteAllText(Path.Combine(root, "script.sh"), script.ReplaceLineEndings("\n"));
        // A master secret, as 'diskmirror secret new' makes it; one start of .NET less in the guest.
        if (programs.Select(directory => Path.Combine(directory, "diskmirror")).FirstOrDefault(File.Exists) is { } product)
            HostProgram.Run(product, ["secret", "new", "--out", Path.Combine(root, "secret")]);
        foreach (string directory in programs.Reverse())
        {
            foreach (string path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
            {
                string target = Path.Combine(root, "bin", Path.GetRelativePath(directory, path));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(path, target, overwrite: true);
            }
        }
        long bytes = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length + 8192);
        HostProgram.Run(HostProgram.Find("mke2fs"),
            ["-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-d", root, file, $"{bytes * 5 / 4 / 1024 + 4096}k"]);
        Directory.Delete(root, recursive: true);
    }

    private static async Task<GuestResult> BootAsync(string qemu, List<string> arguments, int seconds)
    {
        using Process process = Process.Start(new ProcessStartInfo(qemu, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new CannotRunException("qemu does not start");
        var console = new StringBuilder();
        var clock = Stopwatch.StartNew();
        Task errors = ReadAsync(process.StandardError), output = ReadAsync(process.StandardOutput);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            await Task.WhenAll(errors, output);
        }
        catch (OperationCanceledException)
        {
            lock (console) console.AppendLine($"::note the deadline of {seconds} s is over");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
        lock (console) return new GuestResult(console.ToString());

        async Task ReadAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync() is { } line)
                lock (console) console.Append($"{clock.Elapsed.TotalSeconds,7:f2} ").AppendLine(line.TrimEnd('\r'));
        }
    }
}
