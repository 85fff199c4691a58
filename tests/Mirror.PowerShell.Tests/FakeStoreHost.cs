using Mirror.Core.Control;

namespace Mirror.PowerShell.Tests;

/// <summary>A server that only remembers what was done with its volumes.</summary>
internal sealed class FakeStoreHost(string name = "store", string place = "/nowhere") : IStoreHost
{
    /// <summary>What was asked, in words.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Thrown by everything.</summary>
    public MirrorControlException? Failure { get; set; }

    public MirrorProcess Process { get; } = new() { Role = MirrorRole.Server, Name = name, Place = place, EndPoint = "127.0.0.1:1", Since = DateTimeOffset.UnixEpoch };

    public Task ShutdownAsync() => Task.CompletedTask;

    public Task RenameVolumeAsync(string volume, string to, CancellationToken cancellation) => Note($"rename {volume} {to}");

    public async Task<DeletedVolume> DeleteVolumeAsync(string volume, TimeSpan minimumAge, CancellationToken cancellation)
    {
        await Note($"delete {volume} {minimumAge.TotalHours}");
        return new DeletedVolume(volume, 3, null);
    }

    public async Task<string> ReleaseVolumeAsync(string volume, CancellationToken cancellation)
    {
        await Note($"release {volume}");
        return $"/nowhere/{volume}";
    }

    public Task TakeVolumeAsync(string volume, CancellationToken cancellation) => Note($"take {volume}");

    private Task Note(string what)
    {
        if (Failure is not null) throw Failure;
        lock (Asked) Asked.Add(what);
        return Task.CompletedTask;
    }
}
