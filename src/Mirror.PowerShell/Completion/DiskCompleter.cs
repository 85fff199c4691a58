namespace Mirror.PowerShell.Completion;

/// <summary>Completes disks.</summary>
public sealed class DiskCompleter : MirrorCompleter
{
    /// <inheritdoc/>
    private protected override IEnumerable<(string Word, string About)> All() => Completions.Disks();
}
