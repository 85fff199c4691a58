using System.CommandLine;
using Mirror.Core.Operations;

namespace Mirror.Cli.Services;

/// <summary>
/// The options of <c>client</c> or <c>server</c> after command line and configuration file have been laid over each other. Options are read
/// as text, so that both say the same thing by the same rules; a wrong value is told with the place it came from.
/// </summary>
internal sealed class Settings
{
    private readonly ParseResult parsed;
    private readonly ConfigFile? config;

    private Settings(ParseResult parsed, ConfigFile? config)
    {
        this.parsed = parsed;
        this.config = config;
    }

    /// <summary>Reads the configuration file, if one is named.</summary>
    public static Settings Load(ParseResult parsed, Option<FileInfo?> file, IReadOnlyCollection<Option> options)
    {
        if (parsed.GetValue(file) is not { } named) return new Settings(parsed, null);
        string[] known = [.. options.Select(Key)];
        string[] repeatable = [.. options.Where(o => o.Arity.MaximumNumberOfValues > 1).Select(Key)];
        return new Settings(parsed, ConfigFile.Read(named.FullName, known, repeatable));
    }

    /// <summary>An option's value, or null when neither says anything.</summary>
    public string? Text(Option<string?> option) => Find(option)?.Value;

    /// <summary>An option that must be given.</summary>
    public string Required(Option<string?> option) =>
        Find(option)?.Value ?? throw new UsageException($"{option.Name} is missing. Give it on the command line{(config is null ? "" : $" or as '{Key(option)} = ...' in {config.Path}")}.");

    /// <summary>A number of bytes within bounds, or null.</summary>
    public long? Bytes(Option<string?> option, long least, long most) => Convert(option, text =>
    {
        long bytes = ByteQuantity.Parse(text);
        return bytes >= least && bytes <= most ? bytes : throw new FormatException($"{ByteQuantity.Format(bytes)} is not between {ByteQuantity.Format(least)} and {ByteQuantity.Format(most)}.");
    });

    /// <summary>A number within bounds, or null.</summary>
    public double? Number(Option<string?> option, double least, double most) => Convert(option, text =>
        double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out double number) && number >= least && number <= most
            ? number
            : throw new FormatException(FormattableString.Invariant($"'{text}' is not a number between {least} and {most}.")));

    /// <summary>A value made from text by <paramref name="convert"/>, which may throw <see cref="FormatException"/>; or null.</summary>
    public T? Convert<T>(Option<string?> option, Func<string, T> convert) where T : struct
    {
        if (Find(option) is not { } found) return null;
        try
        {
            return convert(found.Value);
        }
        catch (FormatException e)
        {
            throw new UsageException($"{found.Place}: {e.Message}");
        }
    }

    /// <summary>The values of an option that may be repeated. Those on the command line replace those in the file.</summary>
    public IReadOnlyList<(string Value, string Place)> All(Option<string[]> option) =>
        parsed.GetResult(option) is { Implicit: false } ? [.. parsed.GetValue(option)!.Select(v => (v, option.Name))] : config?.Values(Key(option)) ?? [];

    /// <summary>Whether a switch is on; in the file by <c>yes</c> or <c>no</c>.</summary>
    public bool Switch(Option<bool> option)
    {
        if (parsed.GetResult(option) is { Implicit: false }) return parsed.GetValue(option);
        if (config?.Values(Key(option)) is not [var (value, place)]) return false;
        return value switch
        {
            "yes" or "true" => true,
            "no" or "false" => false,
            _ => throw new UsageException($"{place}: '{value}' is neither yes nor no."),
        };
    }

    private static string Key(Option option) => option.Name.TrimStart('-');

    private (string Value, string Place)? Find(Option<string?> option)
    {
        if (parsed.GetResult(option) is { Implicit: false } && parsed.GetValue(option) is { } given) return (given, option.Name);
        return config?.Values(Key(option)) is [var found] ? found : null;
    }
}
