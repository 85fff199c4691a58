using System.Management.Automation;
using Mirror.Core.Operations;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Judges how much would be lost if a disk died now.</summary>
[Cmdlet(VerbsDiagnostic.Test, "MirrorHealth")]
[OutputType(typeof(CheckFinding), typeof(bool))]
public sealed class TestMirrorHealthCommand : MirrorCmdlet
{
    /// <summary>The volume; all when left away.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string? Volume { get; set; }

    /// <summary>How many seconds the newest good image may be old.</summary>
    [Parameter]
    [ValidateRange(0.001, 1e9)]
    public double MaxAgeSec { get; set; } = MirrorOperations.DefaultMaxAgeSeconds;

    /// <summary>Return only whether all is well.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Test(Quiet);

    /// <summary>Judges.</summary>
    internal void Test(bool quiet)
    {
        CheckResult result = Run(cancellation => HostOperations.Create().CheckAsync(Volume, TimeSpan.FromSeconds(MaxAgeSec), cancellation));
        if (quiet) Pipeline.Object(result.Level == CheckLevel.Ok);
        else foreach (CheckFinding finding in result.Findings.OrderByDescending(f => f.Level)) Pipeline.Object(finding);
    }
}
