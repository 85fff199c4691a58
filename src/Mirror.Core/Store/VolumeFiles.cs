namespace Mirror.Core.Store;

/// <summary>Where the parts of one volume lie.</summary>
public sealed class VolumeFiles
{
    /// <summary>What the names of overlays' files begin with.</summary>
    public const string OverlayPrefix = "overlay-";

    /// <summary>Names the places of volume <paramref name="volume"/> in <paramref name="storeDirectory"/>.</summary>
    /// <param name="storeDirectory">The store.</param>
    /// <param name="volume">A name that the wire's rules allow, so it cannot leave the store.</param>
    /// <param name="image">An image elsewhere, or null.</param>
    public VolumeFiles(string storeDirectory, string volume, string? image)
    {
        Directory = Path.Combine(storeDirectory, volume);
        GivenImage = image;
        Image = image ?? Path.Combine(Directory, "image");
    }

    /// <summary>The volume's directory.</summary>
    public string Directory { get; }

    /// <summary>The image's path as the administrator gave it; null when it lies in the directory.</summary>
    public string? GivenImage { get; }

    /// <summary>The image.</summary>
    public string Image { get; }

    /// <summary>The record (<see cref="VolumeRecord"/>).</summary>
    public string Record => Path.Combine(Directory, "volume.json");

    /// <summary>The marks (<see cref="MarkSlots"/>).</summary>
    public string Marks => Path.Combine(Directory, "marks");

    /// <summary>The journal (<see cref="Journal"/>).</summary>
    public string Journal => Path.Combine(Directory, "journal");

    /// <summary>The data of an overlay (<see cref="Store.Overlay"/>).</summary>
    public string Overlay(ulong id) => Path.Combine(Directory, $"{OverlayPrefix}{id}");

    /// <summary>The map of an overlay.</summary>
    public string OverlayMap(ulong id) => Path.Combine(Directory, $"{OverlayPrefix}{id}.map");

    /// <summary>Says that the image was put there as a seed, before the volume's first client.</summary>
    public string Seed => Path.Combine(Directory, "seed");

    /// <summary>The tags of the image's chunks (<see cref="TagFile"/>). A cache: without it everything is read.</summary>
    public string Hashes => Path.Combine(Directory, "hashes");

    /// <summary>The history (<see cref="SnapshotStore"/>).</summary>
    public string Snapshots => Path.Combine(Directory, "snapshots");

    /// <summary>The lock against a second server.</summary>
    public string Lock => Path.Combine(Directory, "lock");
}
