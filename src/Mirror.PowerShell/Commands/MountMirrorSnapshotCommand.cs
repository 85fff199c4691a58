using System.Management.Automation;
using Mirror.Core.Mounts;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Mounts a file system of a volume read-only, on the server's host.</summary>
[Cmdlet(VerbsData.Mount, "MirrorSnapshot", SupportsShouldProcess = true)]
[OutputType(typeof(MountedImage))]
public sealed class MountMirrorSnapshotCommand : MirrorCmdlet
{
    /// <summary>The volume, or the path of a file with an image.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>An empty directory, or one that is not there.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public string Directory { get; set; } = "";

    /// <summary>A snapshot instead of the last consistent state.</summary>
    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true)]
    [Alias("Snapshot")]
    public string? Name { get; set; }

    /// <summary>The partition, where several hold a file system.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int? Partition { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Mount();

    /// <summary>Mounts it.</summary>
    internal void Mount()
    {
        string what = Volume.Contains('/', StringComparison.Ordinal) ? Pipeline.FullPath(Volume) : Volume, at = Pipeline.FullPath(Directory);
        if (!Pipeline.ShouldProcess(at, Name is null ? $"Mount {what} read-only" : $"Mount snapshot {Name} of {what} read-only")) return;
        Pipeline.Object(Run(cancellation => HostOperations.Mounts().MountAsync(what, Name, at, Partition, cancellation)));
    }
}
