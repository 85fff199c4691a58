using Mirror.Core.Control;
using Mirror.Core.Security;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting;

/// <summary>Where the files of one service lie, and what is in them.</summary>
internal sealed class ServiceFiles
{
    private static readonly string[] Hidden = ["/root", "/home", "/run/user", "/tmp", "/var/tmp"];

    private readonly string root;

    public ServiceFiles(MirrorRole role, string name, string root)
    {
        if (!VolumeName.IsValid(name)) throw new UsageException($"'{name}' is no name for a service. Names are made like those of volumes. {VolumeName.Rule}");
        this.root = Path.GetFullPath(root);
        bool first = role == MirrorRole.Server && name == "server";
        Unit = role == MirrorRole.Client ? $"diskmirror-client@{name}.service" : first ? "diskmirror-server.service" : $"diskmirror-server-{name}.service";
        // Where the service itself finds it.
        Config = role == MirrorRole.Client ? $"/etc/diskmirror/client-{name}.conf" : first ? "/etc/diskmirror/server.conf" : $"/etc/diskmirror/server-{name}.conf";
        Template = role == MirrorRole.Client ? "diskmirror-client@.service" : "diskmirror-server.service";
    }

    /// <summary>The unit's name.</summary>
    public string Unit { get; }

    /// <summary>The configuration file as the service sees it.</summary>
    public string Config { get; }

    /// <summary>The configuration file as this process sees it.</summary>
    public string ConfigPath => Below(Config);

    /// <summary>The unit file as this process sees it.</summary>
    public string UnitPath => Below($"/etc/systemd/system/{Unit}");

    /// <summary>The link by which systemd starts it at boot: what <c>systemctl enable</c> makes.</summary>
    public string WantsPath => Below($"/etc/systemd/system/multi-user.target.wants/{Unit}");

    private string Template { get; }

    /// <summary>A path of the service, as this process sees it.</summary>
    public string Below(string path) => Path.Combine(root, path.TrimStart('/'));

    /// <summary>Says whether the unit hides a path from its service (ProtectHome, PrivateTmp).</summary>
    /// <exception cref="UsageException">It does.</exception>
    public static void RequireVisible(string what, string path)
    {
        if (Hidden.FirstOrDefault(h => path == h || path.StartsWith(h + "/", StringComparison.Ordinal)) is { } hidden)
            throw new UsageException($"{what}: {path} lies below {hidden}, which is hidden from services. Move it, for instance to /etc/diskmirror or below /srv, and name its new place.");
    }

    /// <summary>The unit of the package, with this program and configuration, and with these directories writable.</summary>
    public string UnitText(string program, IEnumerable<string> writable)
    {
        using Stream stream = typeof(ServiceFiles).Assembly.GetManifestResourceStream(Template) ?? throw new InvalidOperationException($"The unit {Template} is not built in.");
        using StreamReader reader = new(stream);
        List<string> lines = [];
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith("ExecStart=/usr/bin/diskmirror ", StringComparison.Ordinal))
            {
                string[] words = line.Split(' ');
                line = $"ExecStart={Quote(program)} {words[1]} --config {Quote(Config)}";
            }
            lines.Add(line);
            if (line.StartsWith("ReadWritePaths=", StringComparison.Ordinal)) lines.AddRange(writable.Distinct(StringComparer.Ordinal).Select(path => $"ReadWritePaths={Quote(path)}"));
        }
        return string.Join('\n', lines) + "\n";
    }

    private static string Quote(string path)
    {
        string escaped = path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("%", "%%", StringComparison.Ordinal);
        return escaped.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+' or ':' or '@' or '%') ? escaped : $"\"{escaped}\"";
    }
}
