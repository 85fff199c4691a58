using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Takes a snapshot of a volume's last consistent state.</summary>
[Cmdlet(VerbsCommon.New, "MirrorSnapshot", SupportsShouldProcess = true)]
[OutputType(typeof(SnapshotInfo))]
public sealed class NewMirrorSnapshotCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>The snapshot's name; one made of the time when left away.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Snapshot")]
    public string? Name { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Take();

    /// <summary>Takes it.</summary>
    internal void Take()
    {
        if (!Pipeline.ShouldProcess($"volume {Volume}", Name is null ? "Take a snapshot" : $"Take snapshot {Name}")) return;
        Pipeline.Object(Run(cancellation => HostOperations.Create().NewSnapshotAsync(Volume, Name, cancellation)));
    }
}
