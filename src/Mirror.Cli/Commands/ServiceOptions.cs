using System.CommandLine;
using Mirror.Hosting.Settings;

namespace Mirror.Cli.Commands;

/// <summary>What <c>client</c> and <c>server</c> take alike. All options are text here, because a configuration file can give them too.</summary>
internal static class ServiceOptions
{
    /// <summary>An option with one value.</summary>
    public static Option<string?> Text(string name, string help, string description) => new(name) { HelpName = help, Description = description };

    /// <summary>The file with defaults.</summary>
    public static Option<FileInfo?> Config() => new("--config")
    {
        HelpName = "FILE",
        Description = "Take options that are not given here from this file: lines 'key = value', keys without the dashes.",
    };

    /// <summary>The file with the secret.</summary>
    public static Option<string?> SecretFile(string whose) => Text("--secret-file", "FILE", whose);

    /// <summary>How much is logged.</summary>
    public static Option<string?> LogLevel() => Text("--log-level", string.Join('|', LogSettings.Levels.Keys), "How much is logged to stderr; info when not given.");

    /// <summary>A log in a file, too.</summary>
    public static Option<string?> LogFile() => Text("--log-file", "FILE", "Also append the log to this file.");
}
