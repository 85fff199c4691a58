using System.Management.Automation;
using Mirror.Core.Operations;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Compares disk and image again from end to end.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "MirrorRescan", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class InvokeMirrorRescanCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>Wait until the scan has been made and the volume is Live again.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>With -Wait, give up after so many seconds.</summary>
    [Parameter]
    [ValidateRange(0, 1000000)]
    public double? TimeoutSec { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Rescan(Wait);

    /// <summary>Asks for it.</summary>
    internal void Rescan(bool wait)
    {
        if (!Pipeline.ShouldProcess($"volume {Volume}", "Compare disk and image again")) return;
        if (!wait)
        {
            Run(cancellation => HostOperations.Create().RescanAsync(Volume, cancellation));
            return;
        }
        WaitResult result = RunWithProgress($"Rescanning {Volume}", progress => HostOperations.Create().RescanAndWaitAsync(Volume, TimeLimit(TimeoutSec), progress, StopToken));
        if (!result.Reached) WaitError(Volume, result);
    }
}
