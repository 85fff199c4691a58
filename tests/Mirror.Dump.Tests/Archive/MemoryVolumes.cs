using Mirror.Dump.Archive.Reading;
using Mirror.Dump.Archive.Writing;

namespace Mirror.Dump.Tests.Archive;

/// <summary>An archive in memory.</summary>
internal sealed class MemoryVolumes : IVolumeSet, IVolumeSource
{
    private readonly List<MemoryStream> _written = [];

    public MemoryVolumes(params byte[][] volumes) => Volumes = [.. volumes];

    public List<byte[]> Volumes { get; private set; }

    public string Name => "archive";

    Stream IVolumeSet.Open(int volume)
    {
        _written.Add(new MemoryStream());
        return _written[^1];
    }

    void IVolumeSet.Complete() => Volumes = [.. _written.Select(v => v.ToArray())];

    Stream? IVolumeSource.Open(int volume) => volume <= Volumes.Count ? new MemoryStream(Volumes[volume - 1]) : null;

    public string NameOf(int volume) => $"volume {volume}";

    public bool HasSeveral() => Volumes.Count > 1;

    public void Dispose()
    {
    }
}
