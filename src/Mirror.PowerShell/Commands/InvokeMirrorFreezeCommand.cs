using System.Management.Automation;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Freezes file systems of a mirrored disk, waits until the server has just that state, lets a snapshot be taken of it, and thaws.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "MirrorFreeze", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class InvokeMirrorFreezeCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Volume { get; set; } = "";

    /// <summary>Where the file systems are mounted.</summary>
    [Parameter(Position = 1)]
    public string[] Directory { get; set; } = [];

    /// <summary>Everything is undone after so many seconds.</summary>
    [Parameter]
    public double Limit { get; set; } = FreezeRequest.UsualSeconds;

    /// <summary>A shell command that runs first.</summary>
    [Parameter]
    public string? Before { get; set; }

    /// <summary>A shell command that runs last, also after a failure.</summary>
    [Parameter]
    public string? After { get; set; }

    /// <summary>A snapshot of this name is taken, where the server runs on this host too.</summary>
    [Parameter]
    public string? Snapshot { get; set; }

    /// <summary>A shell command that runs when the server has the frozen state.</summary>
    [Parameter]
    public string? Command { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Freeze();

    /// <summary>Does it.</summary>
    internal void Freeze()
    {
        string[] mounts = [.. Directory.Select(Pipeline.FullPath)];
        if (!Pipeline.ShouldProcess($"volume {Volume}", mounts.Length == 0 ? "Wait until the server has all, between commands" : $"Freeze {string.Join(", ", mounts)} for {Limit} s at most")) return;
        Run(async cancellation =>
        {
            await FreezeOperations.RunAsync(new FreezeRequest { Volume = Volume, Mounts = mounts, Seconds = Limit, Before = Before, After = After, Snapshot = Snapshot, Command = Command }, cancellation).ConfigureAwait(false);
            return true;
        });
    }
}
