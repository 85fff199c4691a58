using System.Management.Automation;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Takes a volume into service whose directory is in the store.</summary>
[Cmdlet(VerbsLifecycle.Enable, "MirrorVolume", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class EnableMirrorVolumeCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string Volume { get; set; } = "";

    /// <summary>The server, where several run on this host.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public string? Server { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Take();

    /// <summary>Takes it.</summary>
    internal void Take()
    {
        if (!Pipeline.ShouldProcess($"volume {Volume}", "Take into service")) return;
        Run(async cancellation =>
        {
            await HostOperations.Volumes().TakeAsync(Volume, Server, cancellation).ConfigureAwait(false);
            return true;
        });
    }
}
