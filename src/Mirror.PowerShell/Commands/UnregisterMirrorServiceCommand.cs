using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Stops a systemd service of this module, and takes its configuration and unit away.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "MirrorService", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class UnregisterMirrorServiceCommand : MirrorCmdlet
{
    /// <summary>The service's name: a client's volume, unless it was given another one.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Whether it is a client or a server.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    public MirrorRole Role { get; set; } = MirrorRole.Client;

    /// <summary>Let a client's tap go on marking writes.</summary>
    [Parameter]
    public SwitchParameter KeepTracking { get; set; }

    /// <summary>The root directory of a host that is being built.</summary>
    [Parameter]
    public string Root { get; set; } = "/";

    /// <inheritdoc/>
    private protected override object? Target => Name;

    /// <inheritdoc/>
    private protected override void Process() => Unregister(KeepTracking);

    /// <summary>Unregisters it.</summary>
    internal void Unregister(bool keepTracking)
    {
        if (!Pipeline.ShouldProcess($"{Role} service {Name}", "Stop and unregister")) return;
        MirrorService gone = Run(_ => Task.FromResult(ServiceRegistry.Unregister(Role, Name, keepTracking, Pipeline.FullPath(Root))));
        Pipeline.Verbose($"{gone.Unit}: {gone.ConfigPath} and {gone.UnitPath} are gone");
    }
}
