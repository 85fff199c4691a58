using System.Diagnostics;
using System.Text;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Core.Security;
using Mirror.Core.Server;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting;

/// <summary>
/// Clients and servers as systemd services, which outlive shells and boots: a configuration file and a unit each. The unit is that of the package; its
/// template is built in, so that a host needs no package for it.
/// </summary>
public static class ServiceRegistry
{
    private static readonly TimeSpan SystemctlLimit = TimeSpan.FromMinutes(3);

    /// <summary>Checks all settings, writes configuration and unit, and lets it start at boot.</summary>
    /// <exception cref="UsageException">A setting is missing or wrong, or is hidden from services.</exception>
    /// <exception cref="MirrorControlException">It is registered already, or could not be started; the message has the next step.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static MirrorService Register(ServiceRequest request)
    {
        bool here = Path.GetFullPath(request.Root) == "/";
        string program = FindProgram(request.Program, here);
        List<string> writable = [];
        (string name, List<string> lines) = request.Role == MirrorRole.Client ? ClientLines(request) : ServerLines(request, writable);
        ServiceFiles files = new(request.Role, name, request.Root);
        ServiceFiles.RequireVisible("The program", program);
        if (!request.Replace && File.Exists(files.ConfigPath))
            throw new MirrorControlException($"{files.ConfigPath} exists: {files.Unit} is registered already, or its configuration was written by hand. Unregister it first, or ask for it to be replaced.") { Failure = ControlFailure.InUse };
        foreach (string directory in writable) Directory.CreateDirectory(files.Below(directory));
        MakeDirectory(Path.GetDirectoryName(files.ConfigPath)!, ownerOnly: true);
        Write(files.ConfigPath, $"# {files.Unit}\n{string.Join('\n', lines)}\n", ownerOnly: true);
        MakeDirectory(Path.GetDirectoryName(files.WantsPath)!, ownerOnly: false);
        Write(files.UnitPath, files.UnitText(program, writable), ownerOnly: false);
        if (new FileInfo(files.WantsPath) is not { LinkTarget: not null }) File.CreateSymbolicLink(files.WantsPath, $"../{files.Unit}");
        bool systemd = here && Directory.Exists("/run/systemd/system");
        if (systemd) Systemctl("daemon-reload");
        if (request.Start)
        {
            if (!systemd) throw new MirrorControlException($"{files.Unit} is registered, but cannot be started from here: systemd does not run {(here ? "on this host" : "below " + request.Root)}. It starts at boot.");
            Systemctl("restart", files.Unit);
        }
        return new MirrorService(files.Unit, request.Role, name, files.ConfigPath, files.UnitPath, request.Start);
    }

    /// <summary>Stops a service and takes its configuration and unit away. Images, secrets and logs stay.</summary>
    /// <param name="role">Which.</param>
    /// <param name="name">Its name.</param>
    /// <param name="keepTracking">Whether a client's tap goes on marking.</param>
    /// <param name="root">The root directory below which it was registered.</param>
    /// <exception cref="MirrorControlException">It is not registered, or could not be stopped.</exception>
    /// <exception cref="IOException">A file cannot be removed.</exception>
    public static MirrorService Unregister(MirrorRole role, string name, bool keepTracking, string root = "/")
    {
        ServiceFiles files = new(role, name, root);
        bool here = Path.GetFullPath(root) == "/";
        if (!File.Exists(files.UnitPath) && !File.Exists(files.ConfigPath))
            throw new MirrorControlException($"{files.Unit} is not registered: neither {files.UnitPath} nor {files.ConfigPath} exists.") { Failure = ControlFailure.NotRunning };
        string? volume = role == MirrorRole.Client && File.Exists(files.ConfigPath)
            ? ConfigFile.Read(files.ConfigPath, [.. ClientSettings.Keys.Select(k => k.Name)], []).Values(ClientSettings.VolumeKey.Name).FirstOrDefault().Value
            : null;
        bool systemd = here && Directory.Exists("/run/systemd/system");
        if (systemd) Systemctl("stop", files.Unit);
        File.Delete(files.WantsPath);
        File.Delete(files.UnitPath);
        File.Delete(files.ConfigPath);
        if (systemd) Systemctl("daemon-reload");
        // What the service left marking would mark for ever: nobody starts it again.
        if (here && !keepTracking && volume is not null) new Driver.Taps.TapRemains(ControlDirectory.Default.Path).Remove(volume);
        return new MirrorService(files.Unit, role, name, files.ConfigPath, files.UnitPath, false);
    }

    /// <summary>The names of services that are registered on this host.</summary>
    public static IReadOnlyList<string> Names(MirrorRole role, string root = "/")
    {
        string directory = Path.Combine(root, "etc/systemd/system");
        string prefix = role == MirrorRole.Client ? "diskmirror-client@" : "diskmirror-server";
        if (!Directory.Exists(directory)) return [];
        return [.. Directory.GetFiles(directory, prefix + "*.service").Select(p => Path.GetFileNameWithoutExtension(p)![prefix.Length..].TrimStart('-'))
            .Select(n => n.Length == 0 && role == MirrorRole.Server ? "server" : n).Where(n => n.Length > 0).Order(StringComparer.Ordinal)];
    }

    private static (string Name, List<string> Lines) ClientLines(ServiceRequest request)
    {
        SettingSource source = request.Settings;
        ClientSettings settings = ClientSettings.Read(source);
        string secret = Path.GetFullPath(settings.SecretFile);
        ServiceFiles.RequireVisible(source.Face.Spell(ClientSettings.SecretFileKey.Name), secret);
        DiskLookup disk = DiskLookup.Find(settings.Disk);
        string path = Path.GetFullPath(StablePath(disk));
        ServiceFiles.RequireVisible(source.Face.Spell(ClientSettings.DiskKey.Name), path);
        string volume = settings.Volume ?? settings.VolumeChoice(SecretFile.Read(secret), disk.Host);
        return (request.Name ?? volume, Lines(source, ClientSettings.Keys, new(StringComparer.Ordinal)
        {
            [ClientSettings.DiskKey.Name] = path,
            [ClientSettings.ServerKey.Name] = settings.Server,
            [ClientSettings.PortKey.Name] = null,
            [ClientSettings.VolumeKey.Name] = volume,
            [ClientSettings.SecretFileKey.Name] = secret,
        }));
    }

    private static (string Name, List<string> Lines) ServerLines(ServiceRequest request, List<string> writable)
    {
        SettingSource source = request.Settings;
        ServerSettings settings = ServerSettings.Read(source);
        MirrorServerOptions options = settings.Options;
        string secret = Path.GetFullPath(source.Required(ServerSettings.SecretFileKey));
        ServiceFiles.RequireVisible(source.Face.Spell(ServerSettings.SecretFileKey.Name), secret);
        ServiceFiles.RequireVisible(source.Face.Spell(ServerSettings.StoreKey.Name), options.StoreDirectory);
        writable.Add(options.StoreDirectory);
        writable.AddRange(options.Volumes.Values.Select(v => v.Image).Where(p => !p.StartsWith("/dev/", StringComparison.Ordinal)).Select(p => Path.GetDirectoryName(p)!));
        return (request.Name ?? "server", Lines(source, ServerSettings.Keys, new(StringComparer.Ordinal)
        {
            [ServerSettings.StoreKey.Name] = options.StoreDirectory,
            [ServerSettings.ListenKey.Name] = options.Listen.ToString(),
            [ServerSettings.PortKey.Name] = null,
            [ServerSettings.SecretFileKey.Name] = secret,
        }));
    }

    /// <summary>Every setting that somebody gave, as lines of a configuration file; <paramref name="fixedValues"/> go before, null leaves a key out.</summary>
    private static List<string> Lines(SettingSource source, IEnumerable<SettingKey> keys, Dictionary<string, string?> fixedValues)
    {
        List<string> lines = [];
        foreach (SettingKey key in keys)
        {
            IEnumerable<string> values = fixedValues.TryGetValue(key.Name, out string? value) ? value is null ? [] : [value]
                : key.Repeatable ? source.All(key).Select(v => v.Value) : source.Text(key) is { } text ? [text] : [];
            foreach (string one in values)
            {
                if (one.AsSpan().IndexOfAny('\n', '\r') >= 0) throw new UsageException($"{source.Face.Spell(key.Name)}: a value cannot hold a line break.");
                lines.Add($"{key.Name} = {one}");
            }
        }
        return lines;
    }

    /// <summary>A name of the disk that stays with it when the next boot finds it elsewhere: a link in /dev/disk/by-id, if there is one.</summary>
    private static string StablePath(DiskLookup disk)
    {
        if (disk.Host is null || disk.Path.StartsWith("/dev/disk/", StringComparison.Ordinal) || disk.Path.StartsWith("/dev/mapper/", StringComparison.Ordinal)) return disk.Path;
        const string byId = "/dev/disk/by-id";
        if (!Directory.Exists(byId)) return disk.Path;
        return Directory.GetFiles(byId).Order(StringComparer.Ordinal)
            .FirstOrDefault(link => new FileInfo(link).ResolveLinkTarget(returnFinalTarget: true)?.FullName == disk.Host.Path) ?? disk.Path;
    }

    private static string FindProgram(string? named, bool here)
    {
        if (named is not null) return !here || File.Exists(named) ? Path.GetFullPath(named) : throw new UsageException($"The program {named} does not exist.");
        const string installed = "/usr/bin/diskmirror";
        string beside = Path.Combine(Path.GetDirectoryName(typeof(ServiceRegistry).Assembly.Location)!, "diskmirror");
        if (File.Exists(installed) || !here) return installed;
        // Package managers lose the bit that makes a program of a file.
        if (File.Exists(beside)) File.SetUnixFileMode(beside, File.GetUnixFileMode(beside) | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return File.Exists(beside) ? beside
            : throw new UsageException($"The program diskmirror is neither at {installed} nor at {beside}. Install it (package/install.sh), or name it.");
    }

    private static void MakeDirectory(string path, bool ownerOnly)
    {
        if (ownerOnly && !OperatingSystem.IsWindows()) Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        else Directory.CreateDirectory(path);
    }

    /// <summary>Whole or not at all: a reader sees the old file or the new one.</summary>
    private static void Write(string path, string text, bool ownerOnly)
    {
        string fresh = $"{path}.{Guid.NewGuid():n}";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | (ownerOnly ? 0 : UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        try
        {
            using (FileStream file = new(fresh, options))
            {
                file.Write(Encoding.UTF8.GetBytes(text));
                file.Flush(flushToDisk: true);
            }
            File.Move(fresh, path, overwrite: true);
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }
    }

    private static void Systemctl(params string[] arguments)
    {
        ProcessStartInfo start = new("systemctl", arguments) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        using Process process = Process.Start(start) ?? throw new MirrorControlException("systemctl could not be started.");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(SystemctlLimit))
        {
            process.Kill();
            throw new MirrorControlException($"'systemctl {string.Join(' ', arguments)}' did not end within {Durations.Format(SystemctlLimit.TotalSeconds)}.");
        }
        if (process.ExitCode != 0) throw new MirrorControlException($"'systemctl {string.Join(' ', arguments)}' failed: {PlainText.Clean((error.Result + output.Result).Trim())}");
    }
}
