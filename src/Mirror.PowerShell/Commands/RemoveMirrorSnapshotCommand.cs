using System.Management.Automation;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Removes snapshots of a volume, and what they alone hold.</summary>
[Cmdlet(VerbsCommon.Remove, "MirrorSnapshot", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemoveMirrorSnapshotCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>The snapshots' names.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Snapshot")]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Remove();

    /// <summary>Removes them; one that cannot be removed does not keep the others.</summary>
    internal void Remove()
    {
        foreach (string name in Name) Guard(() => Remove(name));
    }

    private void Remove(string name)
    {
        if (!Pipeline.ShouldProcess($"snapshot {name} of volume {Volume}", "Remove for good")) return;
        Run(async cancellation =>
        {
            await HostOperations.Create().RemoveSnapshotAsync(Volume, name, cancellation).ConfigureAwait(false);
            return true;
        });
    }
}
