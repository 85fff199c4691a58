using System.IO.Enumeration;
using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Lists the snapshots of a volume, the oldest first.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorSnapshot")]
[OutputType(typeof(SnapshotInfo))]
public sealed class GetMirrorSnapshotCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>Only snapshots of this name; wildcards allowed.</summary>
    [Parameter(Position = 1)]
    [Alias("Snapshot")]
    [SupportsWildcards]
    public string? Name { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => List();

    /// <summary>Lists them.</summary>
    internal void List()
    {
        SnapshotHistory history = Run(cancellation => HostOperations.Create().SnapshotsAsync(Volume, cancellation));
        SnapshotInfo[] meant = [.. history.Snapshots.Where(s => Name is null || FileSystemName.MatchesSimpleExpression(Name, s.Name, ignoreCase: false))];
        foreach (SnapshotInfo snapshot in meant) Pipeline.Object(snapshot);
        if (meant.Length == 0 && Name is not null && Name.AsSpan().IndexOfAny('*', '?') < 0)
            throw new MirrorControlException($"Volume {Volume} has no snapshot {Name}. 'Get-MirrorSnapshot {Volume}' shows those that it has.") { Failure = ControlFailure.NotFound };
    }
}
