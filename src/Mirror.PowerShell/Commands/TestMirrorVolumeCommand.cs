using System.Management.Automation;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Compares disk and image while the mirror is Live.</summary>
[Cmdlet(VerbsDiagnostic.Test, "MirrorVolume", SupportsShouldProcess = true)]
[OutputType(typeof(VerifyReport), typeof(bool))]
public sealed class TestMirrorVolumeCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>Bytes a second that are read from the disk at most.</summary>
    [Parameter]
    public string? Limit { get; set; }

    /// <summary>Send what differs again.</summary>
    [Parameter]
    public SwitchParameter Repair { get; set; }

    /// <summary>Return only whether disk and image are the same.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Verify(Repair, Quiet);

    /// <summary>Compares them.</summary>
    internal void Verify(bool repair, bool quiet)
    {
        VerifyRequest request = new(VerifyText.Limit(Limit, "-Limit"), repair);
        // Looking changes nothing, so only a repair is asked for.
        if (repair && !Pipeline.ShouldProcess($"volume {Volume}", "Compare disk and image, and send what differs again")) return;
        string activity = $"Verifying {Volume}";
        VerifyResult found = RunShowing(activity, post => HostOperations.Create().VerifyAsync(Volume, request, new VerifyPost(post, activity), StopToken));
        VerifyReport report = new(Volume, found);
        Pipeline.Object(quiet ? report.Same : report);
    }

    private sealed class VerifyPost(IPost post, string activity) : IProgress<MirrorStatus>
    {
        public void Report(MirrorStatus value)
        {
            if (VerifyText.Line(value) is not { } line || value.SizeBytes == 0) return;
            double done = Math.Min(0.999, (double)value.Verify!.PositionBytes / value.SizeBytes);
            post.Post(p => p.Progress(activity, PlainText.Clean(line), done, null));
        }
    }
}
