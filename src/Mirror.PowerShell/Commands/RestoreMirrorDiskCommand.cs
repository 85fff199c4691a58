using System.Management.Automation;
using Mirror.Core.Operations;
using Mirror.Core.Restore;
using Mirror.Core.Security;
using Mirror.Hosting;
using Mirror.Hosting.Settings;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Brings a volume back onto a disk or into a file, over the network.</summary>
[Cmdlet(VerbsData.Restore, "MirrorDisk", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RestoreResult))]
public sealed class RestoreMirrorDiskCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>The disk or file that is overwritten: a number of Get-MirrorDisk, a kernel name or a path. A file is made when it is not there.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Alias("Disk")]
    [ArgumentCompleter(typeof(DiskCompleter))]
    public string To { get; set; } = "";

    /// <summary>The server that has the image, with or without its port.</summary>
    [Parameter]
    public string? Server { get; set; }

    /// <summary>The file with a secret for this volume with right restore, or with the master.</summary>
    [Parameter]
    public string? SecretPath { get; set; }

    /// <summary>A snapshot instead of the newest consistent state.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    public string? Snapshot { get; set; }

    /// <summary>Take an image that was never consistent, where there is nothing better.</summary>
    [Parameter]
    public SwitchParameter AsItIs { get; set; }

    /// <summary>Overwrite without asking.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>A configuration file for what is not given here.</summary>
    [Parameter]
    public string? ConfigPath { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => To;

    /// <inheritdoc/>
    private protected override void Process() => Restore(AsItIs, Force);

    /// <summary>Restores it.</summary>
    internal void Restore(bool asItIs, bool force)
    {
        RestoreRequest request = Request(asItIs);
        string activity = $"Restoring {Volume} to {request.Target}";
        RestoreResult? result = RunShowing(activity, post => HostOperations.Restores().RestoreAsync(request, (plan, end) => AskAsync(post, plan, force, end), new RestorePost(post, activity), StopToken));
        if (result is not null) Pipeline.Object(result);
    }

    private RestoreRequest Request(bool asItIs)
    {
        if (!VolumeName.IsValid(Volume)) throw new UsageException($"'{Volume}' is not a volume name. {VolumeName.Rule}");
        if (Snapshot is not null && !VolumeName.IsValid(Snapshot)) throw new UsageException($"'{Snapshot}' is not a snapshot's name: the rules are those of a volume's name.");
        SettingSource source = new CmdletSettings().With(ClientSettings.ServerKey, Server).With(ClientSettings.SecretFileKey, Full(SecretPath)).Client(Full(ConfigPath));
        (string host, int port) = HostPort.Parse(source.Required(ClientSettings.ServerKey), source.Whole(ClientSettings.PortKey, 1, 65535), source.Face.Port);
        return new RestoreRequest
        {
            Volume = Volume,
            Host = host,
            Port = port,
            Secret = SecretFile.Read(source.Required(ClientSettings.SecretFileKey)),
            Target = To.Contains('/', StringComparison.Ordinal) ? Pipeline.FullPath(To) : To,
            Snapshot = Snapshot,
            AsItIs = asItIs,
            AskAlways = true,
        };
    }

    /// <summary>Asks on the pipeline's thread. A stopped pipeline answers nothing any more, and ends the wait by its token.</summary>
    private static Task<bool> AskAsync(IPost post, RestorePlan plan, bool force, CancellationToken cancellation)
    {
        TaskCompletionSource<bool> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        post.Post(p =>
        {
            try
            {
                foreach (string warning in plan.Warnings) p.Warning(PlainText.Clean(warning));
                answer.SetResult(p.ShouldProcess(PlainText.Clean($"{plan.Target.Path} ({plan.Target.Words})"), PlainText.Clean(RestoreText.Describe(plan)), force || plan.Target.IsNew));
            }
            catch (Exception e)
            {
                answer.TrySetException(e);
                throw;
            }
        });
        return answer.Task.WaitAsync(cancellation);
    }

    private sealed class RestorePost(IPost post, string activity) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value)
        {
            if (value.SizeBytes == 0) return;
            double done = Math.Min(0.999, (double)value.PositionBytes / value.SizeBytes);
            post.Post(p => p.Progress(activity, PlainText.Clean(RestoreText.Line(value)), done, RestoreText.SecondsLeft(value)));
        }
    }
}
