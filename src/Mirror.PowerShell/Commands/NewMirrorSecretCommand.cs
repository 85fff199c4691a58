using System.Management.Automation;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Makes a master secret, or derives one for a client from it.</summary>
[Cmdlet(VerbsCommon.New, "MirrorSecret", DefaultParameterSetName = MasterSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(string))]
public sealed class NewMirrorSecretCommand : MirrorCmdlet
{
    private const string MasterSet = "Master";
    private const string ClientSet = "Client";

    /// <summary>The new file that the secret is written to.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public string? Path { get; set; }

    /// <summary>The file with the master secret that a client's is derived from.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ClientSet)]
    public string? MasterPath { get; set; }

    /// <summary>The volume that the client's secret opens.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ClientSet, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string? Volume { get; set; }

    /// <summary>What the client's secret allows.</summary>
    [Parameter(ParameterSetName = ClientSet)]
    [ValidateSet("mirror", "restore")]
    public string Right { get; set; } = "mirror";

    /// <summary>Also return the secret that is written to a file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Path;

    /// <inheritdoc/>
    private protected override void Process() => Make(PassThru);

    /// <summary>Makes it.</summary>
    internal void Make(bool passThru)
    {
        string? path = Path is null ? null : Pipeline.FullPath(Path);
        if (path is not null && !Pipeline.ShouldProcess(path, "Write a new secret")) return;
        if (SecretOperations.Make(path, MasterPath is null ? null : Pipeline.FullPath(MasterPath), Volume, Right) is { } secret && (path is null || passThru)) Pipeline.Object(secret.ToText());
    }
}
