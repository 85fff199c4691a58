namespace Mirror.Core.Store;

/// <summary>Where the parts of one volume lie.</summary>
internal sealed class VolumeFiles
{
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

    /// <summary>The lock against a second server.</summary>
    public string Lock => Path.Combine(Directory, "lock");
}
