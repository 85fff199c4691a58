using System.Management.Automation;
using Mirror.Driver.Files;
using Mirror.Dump.Archive;
using Mirror.Dump.Archive.Reading;
using Mirror.Dump.Encryption;
using Mirror.Hosting.Archives;
using Mirror.Hosting.Settings;

namespace Mirror.PowerShell.Commands;

/// <summary>Restores files of an archive into a directory.</summary>
[Cmdlet(VerbsData.Restore, "MirrorDump", SupportsShouldProcess = true)]
[OutputType(typeof(UndumpResult))]
public sealed class RestoreMirrorDumpCommand : DumpReadCmdlet
{
    // One archive is read once, however many of its names come through the pipeline.
    private readonly List<(string[] Files, List<string> Items)> asked = [];

    /// <summary>The directory to restore into; made when it is not there.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public string To { get; set; } = "";

    /// <summary>Only these paths, directories with all that is in them.</summary>
    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true)]
    [Alias("Path")]
    public string[]? Item { get; set; }

    /// <summary>The archive's index: single files are found without reading everything.</summary>
    [Parameter]
    public string? IndexPath { get; set; }

    /// <summary>Restore level after level into the same directory.</summary>
    [Parameter]
    public SwitchParameter Incremental { get; set; }

    /// <summary>Replace files that are in the way.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => Guard(() => Restore(Incremental, Force));

    /// <inheritdoc/>
    private protected override void Process() => Take();

    /// <summary>Takes what came through the pipeline.</summary>
    internal void Take()
    {
        string[] files = Files;
        if (asked.Find(a => a.Files.SequenceEqual(files)).Items is not { } items) asked.Add((files, items = []));
        else if (items.Count == 0 || Item is not { Length: > 0 }) throw new UsageException($"{files[0]} is there twice, as a whole and for some of its items.");
        items.AddRange(Item ?? []);
    }

    /// <summary>Restores it.</summary>
    internal void Restore(bool incremental, bool replace)
    {
        foreach ((string[] files, List<string> items) in asked)
        {
            if (incremental && items.Count > 0) throw new UsageException("-Incremental restores whole levels: leave -Item away.");
            string into = Pipeline.FullPath(To);
            if (!Pipeline.ShouldProcess(into, items.Count == 0 ? $"Restore {files[0]}" : $"Restore {items.Count} item(s) of {files[0]}")) continue;
            string activity = $"Restoring {files[0]} to {into}";
            Write(RunShowing(activity, post => Task.FromResult(Restore(new FileVolumeSource(files), items, into, incremental, replace, new ArchivePost(post, activity, "restored")))));
        }
    }

    private UndumpResult Restore(IVolumeSource volumes, List<string> items, string into, bool incremental, bool replace, ArchivePost progress)
    {
        using ArchiveOpener? opener = Opener();
        using RestoreTarget target = RestoreTarget.Open(into, create: true);
        return incremental
            ? ArchiveOperations.RestoreLevel(volumes, opener, target, progress.Report, StopToken)
            : ArchiveOperations.Restore(volumes, opener, ArchiveProtection.Index(Full(IndexPath)), target, items, replace, progress.Report, StopToken);
    }
}
