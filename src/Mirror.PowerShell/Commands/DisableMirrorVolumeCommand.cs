using System.Management.Automation;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Takes a volume out of service, so that its directory can be copied or moved.</summary>
[Cmdlet(VerbsLifecycle.Disable, "MirrorVolume", SupportsShouldProcess = true)]
[OutputType(typeof(string))]
public sealed class DisableMirrorVolumeCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Release();

    /// <summary>Takes it out of service.</summary>
    internal void Release()
    {
        if (!Pipeline.ShouldProcess($"volume {Volume}", "Take out of service")) return;
        Pipeline.Object(Run(cancellation => HostOperations.Volumes().ReleaseAsync(Volume, cancellation)));
    }
}
