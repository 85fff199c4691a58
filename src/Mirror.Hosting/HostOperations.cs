using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Driver.Mounts;
using Mirror.Driver.Restore;
using Mirror.Driver.Taps;

namespace Mirror.Hosting;

/// <summary>The operations on what runs on this host, with what this host has.</summary>
public static class HostOperations
{
    /// <summary>Makes them for the control directory of now.</summary>
    /// <exception cref="MirrorControlException">There is no place for control sockets.</exception>
    public static MirrorOperations Create()
    {
        ControlDirectory directory = ControlDirectory.Default;
        return new MirrorOperations(directory, new TapRemains(directory.Path));
    }

    /// <summary>Makes those on the volumes of a server of this host.</summary>
    /// <exception cref="MirrorControlException">There is no place for control sockets.</exception>
    public static VolumeOperations Volumes() => new(ControlDirectory.Default);

    /// <summary>Makes those that bring a volume back onto a disk or file of this host.</summary>
    /// <exception cref="MirrorControlException">There is no place for control sockets.</exception>
    public static RestoreOperations Restores() => new(ControlDirectory.Default, new RestoreTargets());

    /// <summary>Makes those that look inside an image on this host.</summary>
    /// <exception cref="MirrorControlException">There is no place for control sockets.</exception>
    public static MountOperations Mounts() => new(Create(), new ImageMounts());
}
