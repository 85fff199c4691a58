using System.CommandLine;
using Mirror.Hosting.Settings;

namespace Mirror.Cli.Services;

/// <summary>What the command line says of the settings that a configuration file can give too.</summary>
internal static class GivenOptions
{
    /// <summary>Reads command line and configuration file.</summary>
    public static SettingSource Load(ParseResult parsed, Option<FileInfo?> file, IReadOnlyCollection<Option> options, string usualFile, IReadOnlyCollection<SettingKey> keys)
    {
        Dictionary<string, IReadOnlyList<string>> given = new(StringComparer.Ordinal);
        foreach (Option option in options)
        {
            if (parsed.GetResult(option) is not { Implicit: false } result) continue;
            string[] values = option switch
            {
                Option<string[]> many => parsed.GetValue(many) ?? [],
                Option<string?> one => parsed.GetValue(one) is { } value ? [value] : [],
                _ => throw new InvalidOperationException($"{option.Name} is no text."),
            };
            if (values.Length > 0) given[option.Name.TrimStart('-')] = values;
        }
        return SettingSource.Load(SettingFace.CommandLine, given, parsed.GetValue(file)?.FullName, usualFile, keys);
    }
}
