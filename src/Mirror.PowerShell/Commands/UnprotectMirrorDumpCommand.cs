using System.Management.Automation;
using Mirror.Driver.Files;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption;
using Mirror.Hosting.Settings;

namespace Mirror.PowerShell.Commands;

/// <summary>Makes the plain archive of an encrypted one.</summary>
[Cmdlet(VerbsSecurity.Unprotect, "MirrorDump", SupportsShouldProcess = true)]
[OutputType(typeof(UnprotectResult))]
public sealed class UnprotectMirrorDumpCommand : DumpReadCmdlet
{
    /// <summary>The file of the plain archive.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    public string To { get; set; } = "";

    /// <summary>Replace files that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override void Process() => Decrypt(Force);

    /// <summary>Decrypts it.</summary>
    internal void Decrypt(bool replace)
    {
        string to = Pipeline.FullPath(To);
        FileVolumeSource volumes = new(Files);
        if (!Pipeline.ShouldProcess(to, $"Write {volumes.Name} without encryption")) return;
        using ArchiveOpener opener = Opener() ?? throw new UsageException("Say what opens it: -IdentityPath or -PassphrasePath.");
        using FileVolumeSet plain = new(to, volumes.HasSeveral(), replace, new FileDurability());
        string activity = $"Decrypting {volumes.Name}";
        UnprotectResult result = RunShowing(activity, post => Task.FromResult(ArchiveDecryption.Decrypt(volumes, opener, plain, new ArchivePost(post, activity, "decrypted").Report, StopToken)));
        Pipeline.Object(result);
        Problems(result.Problems, volumes.Name);
    }
}
