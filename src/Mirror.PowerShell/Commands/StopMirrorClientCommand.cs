using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Ends the client of a volume, wherever on this host it runs.</summary>
[Cmdlet(VerbsLifecycle.Stop, "MirrorClient", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StopMirrorClientCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>Let the tap go on marking writes, so that the next start resumes without a scan.</summary>
    [Parameter]
    public SwitchParameter KeepTracking { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Stop(KeepTracking);

    /// <summary>Stops it.</summary>
    internal void Stop(bool keepTracking)
    {
        if (!Pipeline.ShouldProcess($"volume {Volume}", keepTracking ? "Stop, and go on tracking writes" : "Stop, and end tracking")) return;
        MirrorStatus? last = Run(cancellation => HostOperations.Create().StopAsync(Volume, keepTracking, cancellation));
        Pipeline.Verbose(last is null ? $"{Volume}: no client ran; what one had left in the kernel is gone" : $"{Volume}: the client in process {last.Pid} has ended");
    }
}
