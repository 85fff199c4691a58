using System.IO.Enumeration;
using System.Management.Automation;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption;

namespace Mirror.PowerShell.Commands;

/// <summary>Lists what is in an archive.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorDumpItem")]
[OutputType(typeof(DumpItem))]
public sealed class GetMirrorDumpItemCommand : DumpReadCmdlet
{
    /// <summary>Only these paths; wildcards allowed.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    public string[]? Item { get; set; }

    /// <inheritdoc/>
    private protected override void Process() => List();

    /// <summary>Lists it, as it is read: an archive may have millions of names.</summary>
    internal void List()
    {
        string[] files = Files;
        List<string> problems = [];
        using ArchiveOpener? opener = Opener();
        foreach (ArchiveEntry entry in ArchiveOperations.List(new FileVolumeSource(files), opener, problems, StopToken))
        {
            StopToken.ThrowIfCancellationRequested();
            if (IsMeant(entry.Path)) Pipeline.Object(new DumpItem(files, entry.Path, entry.Inode, entry.IsDirectory, entry.InArchive));
        }
        Problems(problems, files[0]);
    }

    private bool IsMeant(string path) => Item is not { Length: > 0 } || Item.Any(i => FileSystemName.MatchesSimpleExpression(i.TrimStart('/'), path, ignoreCase: false));
}
