using System.Collections.Concurrent;
using System.Text.Json;
using Mirror.Core.Store;

namespace Mirror.Core.Server;

/// <summary>
/// The volumes of a store that are not served any more, one small file each in <c>STORE/.gone</c> (no volume's name begins with a dot). A file is written before anything is
/// done, so that what a crash has interrupted is finished at the next start. Members that write may block.
/// </summary>
internal sealed class GoneVolumes(string store, IImageFiles files)
{
    private const int MostBytes = 4096;

    private readonly string _directory = Path.Combine(store, ".gone");
    private readonly ConcurrentDictionary<string, GoneVolume> _known = new(StringComparer.Ordinal);

    /// <summary>Those that there are.</summary>
    public IReadOnlyCollection<GoneVolume> All => [.. _known.Values];

    /// <summary>Why a volume is gone; null when it is not.</summary>
    public GoneVolume? Find(string volume) => _known.GetValueOrDefault(volume);

    /// <summary>Reads all, at the start.</summary>
    /// <exception cref="StoreUnusableException">One cannot be read.</exception>
    public void Load()
    {
        foreach (string name in files.Files(_directory).Where(Security.VolumeName.IsValid))
        {
            string path = Path.Combine(_directory, name);
            try
            {
                if (files.ReadSmall(path, MostBytes) is not { } text) continue;
                GoneVolume? gone = JsonSerializer.Deserialize(text, VolumeRecordJson.Default.GoneVolume);
                // What a crash left of a file that was to be replaced.
                if (name.EndsWith(".new", StringComparison.Ordinal) && gone?.Volume + ".new" == name) continue;
                if (gone is null || gone.Volume != name || (gone.Reason == GoneReason.Renamed) != Security.VolumeName.IsValid(gone.To)) throw new JsonException("it is not of this volume");
                _known[name] = gone;
            }
            catch (JsonException e)
            {
                throw new StoreUnusableException($"{path}, which says why volume {name} is not there any more, cannot be read: {e.Message}. Remove it when that is clear: clients of this name then begin a volume anew.", e);
            }
        }
    }

    /// <summary>Keeps clients away while it is changed; nothing is written.</summary>
    public void Hold(string volume, DateTimeOffset now) => _known[volume] = new GoneVolume { Volume = volume, Reason = GoneReason.Released, When = now, Id = Guid.Empty };

    /// <summary>Notes one, durably.</summary>
    public void Add(GoneVolume gone)
    {
        files.CreateDirectory(_directory);
        files.ReplaceSmall(Path.Combine(_directory, gone.Volume), JsonSerializer.SerializeToUtf8Bytes(gone, VolumeRecordJson.Default.GoneVolume));
        _known[gone.Volume] = gone;
    }

    /// <summary>Forgets one: its name is free.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Remove(string volume)
    {
        if (!_known.ContainsKey(volume)) return false;
        string path = Path.Combine(_directory, volume);
        if (files.Exists(path)) files.Delete(path);     // what is only held was not written, and the first of all has no directory yet
        return _known.TryRemove(volume, out _);
    }
}
