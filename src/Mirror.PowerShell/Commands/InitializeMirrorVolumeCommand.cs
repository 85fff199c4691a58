using System.Management.Automation;
using Mirror.Core.Operations;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Puts an image that came on a disk into the store, for a volume that has not begun.</summary>
[Cmdlet(VerbsData.Initialize, "MirrorVolume", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class InitializeMirrorVolumeCommand : MirrorCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    public string Volume { get; set; } = "";

    /// <summary>The image: a file or block device.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    public string Path { get; set; } = "";

    /// <summary>The server, where several run on this host.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public string? Server { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process() => Seed();

    /// <summary>Copies it.</summary>
    internal void Seed()
    {
        string path = Pipeline.FullPath(Path);
        if (!Pipeline.ShouldProcess($"volume {Volume}", $"Seed with {path}")) return;
        string activity = $"Seeding {Volume}";
        RunShowing(activity, post => SeedOperations.SeedAsync(Volume, path, Server, new BytesPost(post, activity), StopToken));
    }

    private sealed class BytesPost(IPost post, string activity) : IProgress<long>
    {
        private long last;

        public void Report(long value)
        {
            if (Environment.TickCount64 - last < 500) return;
            last = Environment.TickCount64;
            post.Post(pipeline => pipeline.Progress(activity, ByteQuantity.Format(value), 0, null));
        }
    }
}
