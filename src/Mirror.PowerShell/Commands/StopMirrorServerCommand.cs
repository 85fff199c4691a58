using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Ends a server that runs anywhere on this host.</summary>
[Cmdlet(VerbsLifecycle.Stop, "MirrorServer", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StopMirrorServerCommand : MirrorCmdlet
{
    /// <summary>The server's name, store or process id; may be left away where only one runs.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Store", "ProcessId")]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public string? Name { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Name;

    /// <inheritdoc/>
    private protected override void Process() => End();

    /// <summary>Ends it.</summary>
    internal void End()
    {
        if (!Pipeline.ShouldProcess(Name is null ? "the server" : $"server {Name}", "Stop")) return;
        MirrorProcess ended = Run(cancellation => HostOperations.Create().StopServerAsync(Name, cancellation));
        Pipeline.Verbose($"{ended.Name}: process {ended.Pid}, store {ended.Place}, has ended its server");
    }
}
