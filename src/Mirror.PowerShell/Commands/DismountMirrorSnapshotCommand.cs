using System.Management.Automation;
using Mirror.Core.Mounts;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Ends what Mount-MirrorSnapshot has begun.</summary>
[Cmdlet(VerbsData.Dismount, "MirrorSnapshot", DefaultParameterSetName = VolumeSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class DismountMirrorSnapshotCommand : MirrorCmdlet
{
    private const string VolumeSet = "Volume";
    private const string DirectorySet = "Directory";

    /// <summary>The volume, or the file, all of whose mounts are ended.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = VolumeSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string? Volume { get; set; }

    /// <summary>The directory of one mount.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DirectorySet, ValueFromPipelineByPropertyName = true)]
    public string? Directory { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Directory ?? Volume;

    /// <inheritdoc/>
    private protected override void Process() => Dismount();

    /// <summary>Ends them.</summary>
    internal void Dismount()
    {
        string what = Directory is not null ? Pipeline.FullPath(Directory) : Volume!.Contains('/', StringComparison.Ordinal) ? Pipeline.FullPath(Volume) : Volume;
        if (!Pipeline.ShouldProcess(what, "Unmount")) return;
        foreach (MountedImage ended in Run(_ => Task.FromResult(HostOperations.Mounts().Unmount(what)))) Pipeline.Verbose($"{ended.Directory} is not mounted any more");
    }
}
