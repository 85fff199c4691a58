using System.Text;

namespace Mirror.Hosting.Settings;

/// <summary>
/// Defaults for a client or a server, one <c>key = value</c> a line. Keys are the options without their dashes; empty lines and
/// lines that begin with <c>#</c> are skipped; a value ends with its line and is taken as it is. What the user says goes before.
/// Everything that is not understood is refused with file and line: a misspelt limit must not pass for none.
/// </summary>
public sealed class ConfigFile
{
    private const int MaxBytes = 1 << 20;
    private const int MaxShown = 40;

    private readonly Dictionary<string, List<(string Value, int Line)>> values = new(StringComparer.Ordinal);

    private ConfigFile(string path) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="known">The keys that may occur.</param>
    /// <param name="repeatable">Those of them that may occur more than once.</param>
    /// <exception cref="UsageException">Names file and line.</exception>
    public static ConfigFile Read(string path, IReadOnlyCollection<string> known, IReadOnlyCollection<string> repeatable)
    {
        string text;
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read);
            if (file.Length > MaxBytes) throw new UsageException($"{path}: larger than {MaxBytes} bytes; this is no configuration file.");
            using StreamReader reader = new(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
            text = reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The configuration file cannot be read: {e.Message}");
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException($"{path}: this is no UTF-8 text.");
        }
        return Parse(path, text, known, repeatable);
    }

    /// <summary>Reads the text of a file.</summary>
    /// <exception cref="UsageException">Names file and line.</exception>
    public static ConfigFile Parse(string path, string text, IReadOnlyCollection<string> known, IReadOnlyCollection<string> repeatable)
    {
        ConfigFile config = new(path);
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new UsageException($"{path}:{number}: 'key = value' is expected, not '{Short(line)}'.");
            string key = line[..equals].TrimEnd(), value = line[(equals + 1)..].TrimStart();
            if (!known.Contains(key)) throw new UsageException($"{path}:{number}: the key '{Short(key)}' is not known. Known are: {string.Join(", ", known.Order())}.");
            if (value.Length == 0) throw new UsageException($"{path}:{number}: '{key}' has no value. Give one, or put # before the line.");
            if (!config.values.TryGetValue(key, out var list)) config.values[key] = list = [];
            else if (!repeatable.Contains(key)) throw new UsageException($"{path}:{number}: '{key}' was already set in line {list[0].Line}.");
            list.Add((value, number));
        }
        return config;
    }

    /// <summary>The values of a key and where each stands, in the file's order.</summary>
    public IReadOnlyList<(string Value, string Place)> Values(string key) =>
        values.TryGetValue(key, out var list) ? list.Select(v => (v.Value, $"{Path}:{v.Line}")).ToArray() : [];

    private static string Short(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "...";
}
