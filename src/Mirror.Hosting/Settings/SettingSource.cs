using System.Globalization;
using Mirror.Core.Operations;

namespace Mirror.Hosting.Settings;

/// <summary>
/// The settings of one client or server after what the user gave, the configuration file and the environment have been laid over each other,
/// in this order. All are read as text, so that each says the same thing by the same rules; a wrong value is told with the place it came from.
/// </summary>
public sealed class SettingSource
{
    /// <summary>The environment variable that names the configuration file, where a face reads one unasked.</summary>
    public const string FileVariable = "DISKMIRROR_CONFIG";

    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>> given;
    private readonly ConfigFile? config;

    private SettingSource(SettingFace face, IReadOnlyDictionary<string, IReadOnlyList<string>> given, ConfigFile? config)
    {
        Face = face;
        this.given = given;
        this.config = config;
    }

    /// <summary>Who asks.</summary>
    public SettingFace Face { get; }

    /// <summary>Reads the configuration file, if there is one.</summary>
    /// <param name="face">Who asks.</param>
    /// <param name="given">What the user gave, by key.</param>
    /// <param name="file">The configuration file, which must exist then; null for the usual one, if the face reads it.</param>
    /// <param name="usual">The name of the usual file: <c>client.conf</c>.</param>
    /// <param name="known">The keys that may occur.</param>
    /// <exception cref="UsageException">The file cannot be read or is not understood.</exception>
    public static SettingSource Load(SettingFace face, IReadOnlyDictionary<string, IReadOnlyList<string>> given, string? file, string usual, IReadOnlyCollection<SettingKey> known)
    {
        string? path = file;
        if (path is null && face.UsualFile)
        {
            path = Environment.GetEnvironmentVariable(FileVariable) is { Length: > 0 } named ? named : Path.Combine(UsualDirectory, usual);
            if (path != Environment.GetEnvironmentVariable(FileVariable) && !File.Exists(path)) path = null;
        }
        ConfigFile? config = path is null ? null
            : ConfigFile.Read(Path.GetFullPath(path), [.. known.Select(k => k.Name)], [.. known.Where(k => k.Repeatable).Select(k => k.Name)]);
        return new SettingSource(face, given, config);
    }

    /// <summary>Where configuration files usually are: of the host for root, else of the user.</summary>
    public static string UsualDirectory => Environment.IsPrivilegedProcess
        ? "/etc/diskmirror"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "diskmirror");

    /// <summary>A setting's value, or null when nothing says anything.</summary>
    public string? Text(SettingKey key) => Find(key)?.Value;

    /// <summary>A setting that must be there.</summary>
    /// <exception cref="UsageException">It is not; says how to give it.</exception>
    public string Required(SettingKey key) => Find(key)?.Value ?? throw Missing(key);

    /// <summary>The error for a setting that nobody gave.</summary>
    internal UsageException Missing(SettingKey key)
    {
        string file = config is not null ? $" or as '{key.Name} = ...' in {config.Path}"
            : Face.UsualFile ? $", as '{key.Name} = ...' in a configuration file ({Face.Spell("config")}, or {UsualDirectory}/client.conf or server.conf)" : "";
        string variable = key.Variable is { } name ? $", or in the environment variable {name}" : "";
        return new UsageException($"{Face.Spell(key.Name)} is missing. Give it {Face.How}{file}{variable}.", key);
    }

    /// <summary>A number of bytes within bounds, or null.</summary>
    public long? Bytes(SettingKey key, long least, long most) => Convert(key, text =>
    {
        long bytes = ByteQuantity.Parse(text);
        return bytes >= least && bytes <= most ? bytes : throw new FormatException($"{ByteQuantity.Format(bytes)} is not between {ByteQuantity.Format(least)} and {ByteQuantity.Format(most)}.");
    });

    /// <summary>A number of bytes within bounds that is a power of two, or null.</summary>
    public long? PowerOfTwo(SettingKey key, long least, long most)
    {
        long? bytes = Bytes(key, least, most);
        return bytes is not { } value || (value & (value - 1)) == 0 ? bytes : throw new UsageException($"{Find(key)!.Value.Place}: {value} is no power of two.");
    }

    /// <summary>A number within bounds, or null.</summary>
    public double? Number(SettingKey key, double least, double most) => Convert(key, text =>
        double.TryParse(text, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most
            ? number
            : throw new FormatException(FormattableString.Invariant($"'{text}' is not a number between {least} and {most}.")));

    /// <summary>A whole number within bounds, or null.</summary>
    public int? Whole(SettingKey key, int least, int most) => Convert(key, text =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new FormatException($"'{text}' is not a whole number between {least} and {most}."));

    /// <summary>A value made from text by <paramref name="convert"/>, which may throw <see cref="FormatException"/>; or null.</summary>
    public T? Convert<T>(SettingKey key, Func<string, T> convert) where T : struct
    {
        if (Find(key) is not { } found) return null;
        try
        {
            return convert(found.Value);
        }
        catch (FormatException e)
        {
            throw new UsageException($"{found.Place}: {e.Message}");
        }
    }

    /// <summary>The values of a setting that may be repeated. Those that the user gave replace those in the file.</summary>
    public IReadOnlyList<(string Value, string Place)> All(SettingKey key) =>
        given.TryGetValue(key.Name, out IReadOnlyList<string>? values) ? [.. values.Select(v => (v, Face.Spell(key.Name)))] : config?.Values(key.Name) ?? [];

    private (string Value, string Place)? Find(SettingKey key)
    {
        if (given.TryGetValue(key.Name, out IReadOnlyList<string>? values)) return (values[^1], Face.Spell(key.Name));
        if (config?.Values(key.Name) is [var found]) return found;
        return key.Variable is { } name && Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? (text, name) : null;
    }
}
