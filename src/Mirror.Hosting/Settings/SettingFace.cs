namespace Mirror.Hosting.Settings;

/// <summary>How one face spells settings in messages, and what it lets go without saying.</summary>
public sealed record SettingFace
{
    /// <summary>The command line: everything is said.</summary>
    public static SettingFace CommandLine { get; } = new() { Spell = key => "--" + key, How = "on the command line" };

    /// <summary>How a key is spelled: <c>--secret-file</c>, <c>-SecretPath</c>.</summary>
    public required Func<string, string> Spell { get; init; }

    /// <summary>Where the user gives it: <c>on the command line</c>.</summary>
    public required string How { get; init; }

    /// <summary>The port when none is said; null when one must be.</summary>
    public int? Port { get; init; }

    /// <summary>The address to listen on when none is said; null when one must be.</summary>
    public string? Listen { get; init; }

    /// <summary>Whether the configuration file at its usual place is read when none is named.</summary>
    public bool UsualFile { get; init; }
}
