using System.Text.RegularExpressions;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>
/// A section of docs/operations.md, whose commands a test types as they stand there, with the names of the page replaced by its own. What is typed must be on the page, and
/// everything on the page must have been typed.
/// </summary>
internal sealed partial class Runbook
{
    private readonly ProcessRig _rig;
    private readonly (string Word, string By)[] _names;
    private readonly string[] _commands;
    private readonly HashSet<string> _typed = [];

    /// <summary>Reads the section.</summary>
    /// <param name="rig">Where the commands are run.</param>
    /// <param name="heading">The section's heading, without its number signs.</param>
    /// <param name="names">What names of the page stand for here; the volume <c>home</c>, the server and the master secret are known.</param>
    public Runbook(ProcessRig rig, string heading, params (string Word, string By)[] names)
    {
        _rig = rig;
        _names = [.. names, ("backup.example.net:7410", rig.Listen), ("/etc/diskmirror/master.secret", rig.MasterFile), ("home", rig.Volume)];
        string page = File.ReadAllText(SourceTree.At("docs/operations.md"));
        Match section = Regex.Match(page, $@"^(#+) {Regex.Escape(heading)}\n(.*?)(?=^#+ |\z)", RegexOptions.Multiline | RegexOptions.Singleline);
        Assert.True(section.Success, $"docs/operations.md has no section '{heading}'");
        _commands = [.. Command().Matches(section.Groups[2].Value).Select(m => m.Groups[1].Value.TrimEnd())];
        Assert.NotEmpty(_commands);
    }

    /// <summary>Types a command of the page.</summary>
    /// <param name="command">As it stands there, without <c>diskmirror</c>.</param>
    public Task<CommandResult> TypeAsync(string command)
    {
        Assert.Contains(command, _commands);
        _typed.Add(command);
        string[] words = [.. Words().Matches(command).Select(m => m.Value.Trim('\''))];
        return _rig.CommandAsync([.. words.Select(Here)]);
    }

    /// <summary>What has been typed.</summary>
    public IEnumerable<string> Typed => _typed;

    /// <summary>Fails unless everything on the page has been typed.</summary>
    /// <param name="elsewhere">What another test types, or nobody can here.</param>
    public void AssertAllTyped(params string[] elsewhere) => Assert.Empty(_commands.Except(_typed).Except(elsewhere));

    /// <summary>A word of the page as it is here.</summary>
    private string Here(string word)
    {
        foreach ((string from, string by) in _names)
        {
            if (word == from) return by;
        }
        // A name is replaced where it stands as a word, and what replaced it is left alone.
        foreach ((string from, string by) in _names)
        {
            string replaced = Regex.Replace(word, $@"(?<![\w/.-]){Regex.Escape(from)}(?![\w-])", by);
            if (replaced != word) return replaced;
        }
        return word;
    }

    [GeneratedRegex(@"^ {4,}diskmirror ([^#\n]*)", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"'[^']*'|\S+")]
    private static partial Regex Words();
}
