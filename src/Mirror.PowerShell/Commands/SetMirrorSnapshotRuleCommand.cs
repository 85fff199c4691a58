using System.Management.Automation;
using Mirror.Core.Operations;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Says which snapshots of a volume are taken and removed by themselves.</summary>
[Cmdlet(VerbsCommon.Set, "MirrorSnapshotRule", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class SetMirrorSnapshotRuleCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>The rule; <c>none</c>, or <c>server</c> for what the server was started with.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    public string Rule { get; set; } = "";

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Set();

    /// <summary>Sets it.</summary>
    internal void Set()
    {
        if (!Pipeline.ShouldProcess($"volume {Volume}", $"Set the snapshot rule {Rule}")) return;
        Run(async cancellation =>
        {
            await HostOperations.Create().SetSnapshotRuleAsync(Volume, Rule == MirrorOperations.ServerRule ? null : Rule, cancellation).ConfigureAwait(false);
            return true;
        });
    }
}
