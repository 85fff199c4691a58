using Mirror.Hosting.Settings;

namespace Mirror.PowerShell;

/// <summary>The settings that parameters give, spelled as parameters.</summary>
internal sealed class CmdletSettings
{
    private static readonly Dictionary<string, string> Spelled = new(StringComparer.Ordinal)
    {
        [ClientSettings.SecretFileKey.Name] = "-SecretPath",
        [ServerSettings.FormerSecretFileKey.Name] = "-FormerSecretPath",
        [ClientSettings.LimitKey.Name] = "-SendLimit",
        [ClientSettings.StateDirectoryKey.Name] = "-StateDirectory",
        [ServerSettings.ListenKey.Name] = "-ListenAddress",
        [LogSettings.PathKey.Name] = "-LogPath",
        ["config"] = "-ConfigPath",
    };

    private readonly Dictionary<string, IReadOnlyList<string>> given = new(StringComparer.Ordinal);

    /// <summary>How cmdlets spell settings, and what they let go without saying.</summary>
    public static SettingFace Face { get; } = new() { Spell = Spell, How = "as a parameter", Port = 7410, Listen = "*", UsualFile = true };

    /// <summary>Takes a parameter's value; null and empty ones were not given.</summary>
    public CmdletSettings With(SettingKey key, params string?[]? values)
    {
        string[] real = [.. (values ?? []).Where(v => !string.IsNullOrEmpty(v)).Select(v => v!)];
        if (real.Length > 0) given[key.Name] = real;
        return this;
    }

    /// <summary>Takes a number's value.</summary>
    public CmdletSettings With(SettingKey key, IFormattable? value) => With(key, value?.ToString(null, System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>A client's settings, over configuration file and environment.</summary>
    public SettingSource Client(string? config) => SettingSource.Load(Face, given, config, ClientSettings.UsualFile, ClientSettings.Keys);

    /// <summary>A server's settings, over configuration file and environment.</summary>
    public SettingSource Server(string? config) => SettingSource.Load(Face, given, config, ServerSettings.UsualFile, ServerSettings.Keys);

    private static string Spell(string key) =>
        Spelled.TryGetValue(key, out string? name) ? name : "-" + string.Concat(key.Split('-').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
}
