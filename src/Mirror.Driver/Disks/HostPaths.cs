namespace Mirror.Driver.Disks;

/// <summary>Where the kernel shows itself; tests put made-up trees in its place.</summary>
internal sealed record HostPaths(string Sys, string Proc, string Dev, string Etc)
{
    /// <summary>The running host.</summary>
    internal static HostPaths System { get; } = new("/sys", "/proc", "/dev", "/etc");

    /// <summary>Changes with every boot; empty when unknown.</summary>
    internal string BootId() => ReadLine(Path.Combine(Proc, "sys/kernel/random/boot_id")) ?? "";

    /// <summary>The machine's id, all zero when unknown.</summary>
    internal Guid MachineId() =>
        Guid.TryParseExact(ReadLine(Path.Combine(Etc, "machine-id")), "N", out Guid id) ? id : Guid.Empty;

    /// <summary>A small text file without the white space around it, or null when it is missing, empty or does not answer.</summary>
    internal static string? ReadLine(string path)
    {
        try
        {
            string text = File.ReadAllText(path).Trim('\n', '\r', ' ', '\t', '\0');
            return text.Length == 0 ? null : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The names in a directory, in order; none when it is missing or goes meanwhile, as disks do.</summary>
    internal static string[] Names(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(directory).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
