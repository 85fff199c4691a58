using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Mirror.PowerShell.Completion;

/// <summary>Completes a parameter from a list of words.</summary>
public abstract class MirrorCompleter : IArgumentCompleter
{
    /// <summary>All words, each with a word about it.</summary>
    private protected abstract IEnumerable<(string Word, string About)> All();

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        [.. Completions.Matching(All, wordToComplete).Select(c => new CompletionResult(Quoted(c.Word), c.Word, CompletionResultType.ParameterValue, c.About.Length == 0 ? c.Word : c.About))];

    private static string Quoted(string word) => word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or ':') ? word : $"'{word.Replace("'", "''", StringComparison.Ordinal)}'";
}
