using System.Management.Automation;
using Mirror.Core.Operations;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption.Age;
using Mirror.Hosting.Archives;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Writes an archive of a file system in the DUMP format.</summary>
[Cmdlet(VerbsData.Export, "MirrorDump", SupportsShouldProcess = true)]
[OutputType(typeof(DumpResult))]
public sealed class ExportMirrorDumpCommand : MirrorCmdlet
{
    /// <summary>A volume, or the path of an image, a disk or a partition.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Volume")]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Source { get; set; } = "";

    /// <summary>The file to write.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    public string To { get; set; } = "";

    /// <summary>A snapshot of the volume instead of its last consistent state.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    public string? Snapshot { get; set; }

    /// <summary>The partition, when the source is a whole disk.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int? Partition { get; set; }

    /// <summary>0 for everything, 1 to 9 for what changed since the newest archive of a lower level.</summary>
    [Parameter]
    [ValidateRange(0, 9)]
    public int Level { get; set; }

    /// <summary>zlib, or zlib:1 to zlib:9.</summary>
    [Parameter]
    public string? Compress { get; set; }

    /// <summary>Recipients (age1...) that the archive is encrypted to.</summary>
    [Parameter]
    public string[]? Recipient { get; set; }

    /// <summary>A file with a passphrase to encrypt with.</summary>
    [Parameter]
    public string? PassphrasePath { get; set; }

    /// <summary>Leave the label of an encrypted archive readable.</summary>
    [Parameter]
    public SwitchParameter ShowLabel { get; set; }

    /// <summary>Leave the host's name in an encrypted archive readable.</summary>
    [Parameter]
    public SwitchParameter ShowHost { get; set; }

    /// <summary>A file for an index, with which single files are found quickly.</summary>
    [Parameter]
    public string? IndexPath { get; set; }

    /// <summary>The archive's label.</summary>
    [Parameter]
    public string? Label { get; set; }

    /// <summary>KiB of a tape block.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int BlockSize { get; set; } = 32;

    /// <summary>Cut the archive into files of at most so many bytes.</summary>
    [Parameter]
    public string? VolumeSize { get; set; }

    /// <summary>Inodes that are left out, with all below them.</summary>
    [Parameter]
    public uint[]? ExcludeInode { get; set; }

    /// <summary>The file that keeps which level was archived when.</summary>
    [Parameter]
    public string? DumpDatesPath { get; set; }

    /// <summary>What stands for this file system in that file.</summary>
    [Parameter]
    public string? KnownAs { get; set; }

    /// <summary>Do not note this archive there.</summary>
    [Parameter]
    public SwitchParameter NoRecord { get; set; }

    /// <summary>What the file system is called in the archive.</summary>
    [Parameter]
    public string? MountPoint { get; set; }

    /// <summary>Replace files that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Source;

    /// <inheritdoc/>
    private protected override void Process() => Export(record: !NoRecord, Force);

    /// <summary>Writes it.</summary>
    internal void Export(bool record, bool replace)
    {
        ExportRequest request = Request(record, replace);
        if (!Pipeline.ShouldProcess(request.File!, $"Write an archive of {request.Source}")) return;
        string activity = $"Archiving {request.Source}";
        DumpResult result = RunShowing(activity, post => ArchiveExport.RunAsync(request, null, said => post.Post(p => p.Warning(PlainText.Clean(said))), new ArchivePost(post, activity, "written").Report, StopToken));
        Pipeline.Object(result);
        foreach (string problem in result.Problems) Pipeline.Error(new IOException(PlainText.Clean(problem)), ErrorIds.Incomplete, ErrorCategory.InvalidData, Source, terminating: false);
    }

    private ExportRequest Request(bool record, bool replace)
    {
        bool path = Snapshot is null && (Source.Contains('/', StringComparison.Ordinal) || File.Exists(Pipeline.FullPath(Source)));
        return new ExportRequest
        {
            Source = path ? Pipeline.FullPath(Source) : Snapshot is null ? Source : $"{Source}@{Snapshot}",
            Partition = Partition,
            File = Pipeline.FullPath(To),
            Replace = replace,
            Level = Level,
            Label = Label,
            BlockSize = BlockSize,
            VolumeBytes = VolumeSize is null ? 0 : ByteQuantity.Parse(VolumeSize),
            CompressionLevel = ArchiveProtection.Compression(Compress),
            ExcludedInodes = ExcludeInode ?? [],
            IndexFile = Full(IndexPath),
            Recipients = [.. (Recipient ?? []).Select(AgeRecipient.Parse)],
            Passphrase = PassphrasePath is null ? null : AgeKeyFiles.ReadPassphrase(Pipeline.FullPath(PassphrasePath)),
            ShowLabel = ShowLabel,
            ShowHost = ShowHost,
            DatesFile = Full(DumpDatesPath),
            KnownAs = KnownAs,
            Record = record,
            MountPoint = MountPoint,
        };
    }
}
