using System.Management.Automation;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Lists the disks and partitions of this host.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorDisk")]
[OutputType(typeof(MirrorDisk))]
public sealed class GetMirrorDiskCommand : MirrorCmdlet
{
    /// <summary>Only this one: a number of the listing, a kernel name or a path.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Path", "Number")]
    [ArgumentCompleter(typeof(DiskCompleter))]
    public string? Disk { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Disk;

    /// <inheritdoc/>
    private protected override void Process() => List();

    /// <summary>Lists them.</summary>
    internal void List()
    {
        foreach (MirrorDisk disk in MirrorDisk.List(Disk)) Pipeline.Object(disk);
    }
}
