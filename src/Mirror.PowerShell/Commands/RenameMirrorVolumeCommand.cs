using System.Management.Automation;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Gives a volume of a server another name.</summary>
[Cmdlet(VerbsCommon.Rename, "MirrorVolume", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RenameMirrorVolumeCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>The new name.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    public string NewName { get; set; } = "";

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Rename();

    /// <summary>Renames it.</summary>
    internal void Rename()
    {
        if (!Pipeline.ShouldProcess($"volume {Volume}", $"Rename to {NewName}")) return;
        Run(async cancellation =>
        {
            await HostOperations.Volumes().RenameAsync(Volume, NewName, cancellation).ConfigureAwait(false);
            return true;
        });
    }
}
