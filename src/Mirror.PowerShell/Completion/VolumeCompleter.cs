namespace Mirror.PowerShell.Completion;

/// <summary>Completes volumes.</summary>
public sealed class VolumeCompleter : MirrorCompleter
{
    /// <inheritdoc/>
    private protected override IEnumerable<(string Word, string About)> All() => Completions.Volumes();
}
