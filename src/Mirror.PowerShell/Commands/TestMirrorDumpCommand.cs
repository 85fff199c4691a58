using System.Management.Automation;
using Mirror.Driver.Files;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption;

namespace Mirror.PowerShell.Commands;

/// <summary>Reads a whole archive and finds what is damaged; or compares it with a directory.</summary>
[Cmdlet(VerbsDiagnostic.Test, "MirrorDump")]
[OutputType(typeof(UndumpResult), typeof(bool))]
public sealed class TestMirrorDumpCommand : DumpReadCmdlet
{
    /// <summary>A directory to compare with.</summary>
    [Parameter(Position = 1)]
    public string? Directory { get; set; }

    /// <summary>Compare only these paths.</summary>
    [Parameter]
    public string[]? Item { get; set; }

    /// <summary>Return only whether nothing is damaged and nothing differs.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    private protected override void Process() => Check(Quiet);

    /// <summary>Reads it.</summary>
    internal void Check(bool quiet)
    {
        string file = Files[0];
        string activity = Directory is null ? $"Checking {file}" : $"Comparing {file} with {Directory}";
        UndumpResult result = RunShowing(activity, post => Task.FromResult(Read(new ArchivePost(post, activity, Directory is null ? "checked" : "compared"))));
        Pipeline.Object(quiet ? result.IsGood : result);
    }

    private UndumpResult Read(ArchivePost progress)
    {
        using ArchiveOpener? opener = Opener();
        FileVolumeSource volumes = new(Files);
        if (Directory is null) return ArchiveOperations.Check(volumes, opener, progress.Report, StopToken);
        using RestoreTarget target = RestoreTarget.Open(Pipeline.FullPath(Directory), create: false);
        return ArchiveOperations.Compare(volumes, opener, target, Item ?? [], progress.Report, StopToken);
    }
}
