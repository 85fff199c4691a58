namespace Mirror.PowerShell.Completion;

/// <summary>Completes services.</summary>
public sealed class ServiceCompleter : MirrorCompleter
{
    /// <inheritdoc/>
    private protected override IEnumerable<(string Word, string About)> All() => Completions.Services();
}
