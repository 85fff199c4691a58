using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Deletes a volume of a server, with its image and its history.</summary>
[Cmdlet(VerbsCommon.Remove, "MirrorVolume", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(DeletedVolume))]
public sealed class RemoveMirrorVolumeCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>What is younger is left: <c>90m</c>, <c>12h</c>, <c>7d</c>.</summary>
    [Parameter]
    public string MinimumAge { get; set; } = VolumeOperations.UsualMinimumAge;

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Remove();

    /// <summary>Deletes it.</summary>
    internal void Remove()
    {
        // The question must be asked on this thread.
        DeletedVolume? deleted = RunPosting(post => HostOperations.Volumes().DeleteAsync(Volume, MinimumAge, async (status, cancellation) =>
        {
            TaskCompletionSource<bool> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            post.Post(pipeline =>
            {
                try
                {
                    answer.SetResult(pipeline.ShouldProcess(VolumeOperations.Describe(status), "Delete for good, with all its snapshots"));
                }
                catch (Exception e)
                {
                    answer.SetException(e);
                    throw;
                }
            });
            return await answer.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }, StopToken));
        if (deleted is not null) Pipeline.Object(deleted);
    }
}
