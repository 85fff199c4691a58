using System.Management.Automation;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Accepts that another disk now stands behind a volume.</summary>
[Cmdlet(VerbsLifecycle.Approve, "MirrorDisk", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class ApproveMirrorDiskCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>Also accept that the scan overwrites more than a fifth of the image.</summary>
    [Parameter]
    public SwitchParameter Replace { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Approve(Replace);

    /// <summary>Accepts it.</summary>
    internal void Approve(bool replace)
    {
        if (!Pipeline.ShouldProcess($"volume {Volume}", replace ? "Accept another disk, and let it overwrite the image" : "Accept another disk")) return;
        Run(cancellation => HostOperations.Create().AdoptAsync(Volume, replace, cancellation));
    }
}
