using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Mirror.Vm.Tests.Rig;

/// <summary>
/// What every guest boots from, made once and kept in the cache: the first root with the modules, and a read-only drive with the .NET
/// runtime, the libraries of this host and the tools. The drive is an ext4 image: a directory shared by 9p is far slower under emulation.
/// </summary>
internal sealed class GuestSystem
{
    /// <summary>Modules inserted at boot. Checksum modules are named because ext4 asks for them by algorithm.</summary>
    private static readonly string[] BootModules =
        ["virtio_pci", "virtio_blk", "crc32c_generic", "crc32c_intel", "ext4", "loop", "dm_mod", "raid1", "null_blk", "zram", "dm_snapshot", "scsi_debug", "sd_mod", "nvme"];

    /// <summary>Of these, those that make a device as soon as they are inserted: a script asks for them, with parameters.</summary>
    private static readonly string[] LaterModules = ["null_blk", "zram", "scsi_debug"];

    private static readonly string[] HostTools = ["dash", "dd", "cmp", "mke2fs", "e2fsck", "resize2fs", "losetup", "blkdiscard", "fstrim", "sync", "taskset", "blockdev"];

    private static readonly Lazy<GuestSystem> Shared = new(() => new GuestSystem(StockKernel.Get()));

    private GuestSystem(StockKernel kernel)
    {
        Kernel = kernel;
        string runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        string[] libraries = [.. Libraries(kernel, runtime)];
        string key = Key([kernel.Version, Resource("init.sh"), Resource("guest.sh"), Resource("volumes.sh"), Resource("mirror.sh"), RuntimeEnvironment.GetRuntimeDirectory(),
            .. BootModules, "later", .. LaterModules, .. HostTools, .. libraries.Select(file => $"{file} {new FileInfo(file).Length} {File.GetLastWriteTimeUtc(file):O}")]);
        FirstRoot = Path.Combine(kernel.Cache, $"first-root-{key}.cpio");
        Drive = Path.Combine(kernel.Cache, $"system-{key}.img");
        if (!File.Exists(FirstRoot)) Atomically(FirstRoot, MakeFirstRoot);
        if (!File.Exists(Drive)) Atomically(Drive, file => MakeDrive(file, runtime, libraries));
    }

    public StockKernel Kernel { get; }

    /// <summary>The archive that the kernel unpacks.</summary>
    public string FirstRoot { get; }

    /// <summary>The drive with everything else.</summary>
    public string Drive { get; }

    /// <exception cref="CannotRunException">Something is missing on this machine.</exception>
    public static GuestSystem Get() => Shared.Value;

    public static string Resource(string name)
    {
        using Stream stream = typeof(GuestSystem).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private void MakeFirstRoot(string file)
    {
        var modules = new KernelModules(Kernel);
        using var archive = new CpioArchive(file);
        foreach (string directory in (string[])["bin", "dev", "proc", "sys", "modules", "later", "system"]) archive.AddDirectory(directory);
        archive.AddFile("bin/busybox", File.ReadAllBytes(Path.Combine(Kernel.Root, "bin/busybox")));
        archive.AddFile("init", Encoding.UTF8.GetBytes(Resource("init.sh")));
        int number = 0;
        foreach (string module in modules.Ordered(BootModules))
        {
            string name = Path.GetFileName(module);
            string directory = LaterModules.Contains(Path.GetFileNameWithoutExtension(module)) ? "later" : "modules";
            archive.AddFile($"{directory}/{number++:d3}-{name}", File.ReadAllBytes(module));
        }
    }

    private void MakeDrive(string file, string runtime, string[] libraries)
    {
        string root = file + ".root";
        try
        {
            foreach (string directory in (string[])["bin", "sbin", "lib64", "etc", "dev", "proc", "sys", "run", "tmp", "var", "mnt", "root", "program", "later", "usr/sbin"])
                Directory.CreateDirectory(Path.Combine(root, directory));
            foreach (string library in libraries) Copy(library, root + library);
            CopyTree(Path.Combine(runtime, "host"), root + runtime + "/host");
            CopyTree(RuntimeEnvironment.GetRuntimeDirectory().TrimEnd('/'), root + RuntimeEnvironment.GetRuntimeDirectory().TrimEnd('/'));
            Copy(Path.Combine(runtime, "dotnet"), root + runtime + "/dotnet");
            Copy(Path.Combine(Kernel.Root, "bin/busybox"), Path.Combine(root, "bin/busybox"));
            Copy(Path.Combine(Kernel.Root, "sbin/mdadm"), Path.Combine(root, "usr/sbin/mdadm"));
            Copy(Path.Combine(Kernel.Root, "sbin/dmsetup"), Path.Combine(root, "usr/sbin/dmsetup"));
            foreach (string tool in HostTools) Copy(HostProgram.Find(tool), Path.Combine(root, "usr/sbin", tool));
            foreach (string applet in HostProgram.Run(Path.Combine(Kernel.Root, "bin/busybox"), ["--list"]).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                if (!File.Exists(Path.Combine(root, "bin", applet))) File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "/bin/busybox");
            File.WriteAllText(Path.Combine(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
            File.WriteAllText(Path.Combine(root, "etc/hosts"), "127.0.0.1 localhost\n");
            File.WriteAllText(Path.Combine(root, "etc/machine-id"), "5b1f0000000000000000000000006161\n");
            File.WriteAllText(Path.Combine(root, "etc/dotnet-root"), runtime + "\n");
            foreach (string script in (string[])["guest.sh", "volumes.sh", "mirror.sh"]) File.WriteAllText(Path.Combine(root, script), Resource(script));
            long bytes = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length + 8192);
            HostProgram.Run(HostProgram.Find("mke2fs"), ["-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-d", root, file, $"{bytes * 5 / 4 / 1024}k"]);
        }
        finally
        {
            if (Directory.Exists(root)) Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>The shared libraries that the runtime, the tools and the program load, by the names under which they are looked for.</summary>
    private static SortedSet<string> Libraries(StockKernel kernel, string runtime)
    {
        string directory = RuntimeEnvironment.GetRuntimeDirectory();
        var wanted = new List<string>
        {
            Path.Combine(runtime, "dotnet"), Path.Combine(directory, "libcoreclr.so"), Path.Combine(directory, "libSystem.Native.so"),
            Path.Combine(directory, "libSystem.Security.Cryptography.Native.OpenSsl.so"), Path.Combine(kernel.Root, "sbin/mdadm"),
            Path.Combine(kernel.Root, "sbin/dmsetup"),
        };
        wanted.AddRange(HostTools.Select(HostProgram.Find));
        string cache = HostProgram.Run("ldconfig", ["-p"]);
        foreach (string name in (string[])["libssl.so.3", "libcrypto.so.3", "libbpf.so.1", "libgssapi_krb5.so.2"])
        {
            string? line = cache.Split('\n').FirstOrDefault(line => line.TrimStart().StartsWith(name + " ", StringComparison.Ordinal));
            if (line is not null) wanted.Add(line[(line.IndexOf("=> ", StringComparison.Ordinal) + 3)..]);
            else if (name.StartsWith("libbpf", StringComparison.Ordinal)) throw new CannotRunException("libbpf.so.1 is not installed");
        }
        var libraries = new SortedSet<string>(wanted.Where(file => file.Contains(".so.")), StringComparer.Ordinal);
        foreach (string file in wanted)
        {
            string list;
            try
            {
                list = HostProgram.Run("ldd", [file]);
            }
            catch (CannotRunException)
            {
                continue; // a static program
            }
            foreach (string word in list.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
                if (word.StartsWith('/') && word.Contains(".so")) libraries.Add(word.TrimEnd(':'));
        }
        return libraries;
    }

    private static string Key(IEnumerable<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(0, 6));

    /// <summary>Makes a file under another name first, and drops what older versions of the rig left.</summary>
    private static void Atomically(string file, Action<string> make)
    {
        foreach (string old in Directory.EnumerateFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file).Split('-')[0] + "-*"))
            if (File.GetLastWriteTimeUtc(old) < DateTime.UtcNow.AddDays(-1)) File.Delete(old);
        string fresh = file + "." + Guid.NewGuid().ToString("N");
        make(fresh);
        File.Move(fresh, file, overwrite: true);
    }

    private static void CopyTree(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to, overwrite: true);
    }
}
