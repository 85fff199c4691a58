namespace Mirror.PowerShell.Completion;

/// <summary>Completes servers.</summary>
public sealed class ServerCompleter : MirrorCompleter
{
    /// <inheritdoc/>
    private protected override IEnumerable<(string Word, string About)> All() => Completions.Servers();
}
