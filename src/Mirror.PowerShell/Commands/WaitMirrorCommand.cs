using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Waits until a volume has come to a state, or until all that was written is safe.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Mirror")]
[OutputType(typeof(MirrorStatus))]
public sealed class WaitMirrorCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>The state to wait for.</summary>
    [Parameter(Position = 1)]
    public MirrorState State { get; set; } = MirrorState.Live;

    /// <summary>Wait until everything written before now is safe on the server.</summary>
    [Parameter]
    public SwitchParameter Idle { get; set; }

    /// <summary>Give up after so many seconds.</summary>
    [Parameter]
    [ValidateRange(0, 1000000)]
    public double? TimeoutSec { get; set; }

    /// <summary>Return the status that was waited for.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Wait(Idle, PassThru);

    /// <summary>Waits.</summary>
    internal void Wait(bool idle, bool passThru)
    {
        WaitGoal goal = new(State, idle);
        WaitResult result = RunWithProgress($"Waiting for {Volume}", progress => HostOperations.Create().WaitAsync(Volume, goal, TimeLimit(TimeoutSec), progress, StopToken));
        if (!result.Reached) WaitError(Volume, result);
        else if (passThru) Pipeline.Object(result.Status);
    }
}
