namespace Mirror.Core.Mounts;

/// <summary>Mounts images on this host. Implemented in Mirror.Driver.</summary>
public interface IImageMounts
{
    /// <summary>Mounts a file system of an image, read-only. Nothing is left of it after <see cref="Unmount"/>, nor after a restart of the host.</summary>
    /// <param name="source">The image.</param>
    /// <param name="directory">Where; made when it is not there.</param>
    /// <param name="partition">The partition; null for the only one that holds a file system that is known.</param>
    /// <exception cref="MountException">It cannot be mounted.</exception>
    MountedImage Mount(MountSource source, string directory, int? partition);

    /// <summary>What is mounted now.</summary>
    IReadOnlyList<MountedImage> List();

    /// <summary>Ends a mount.</summary>
    /// <exception cref="MountException">It is in use.</exception>
    void Unmount(MountedImage mounted);
}
