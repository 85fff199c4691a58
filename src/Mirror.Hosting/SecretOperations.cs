using Mirror.Core.Control;
using Mirror.Core.Security;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting;

/// <summary>Makes secrets.</summary>
public static class SecretOperations
{
    /// <summary>Makes a master secret, or derives a client's, and writes it to a new file if one is named.</summary>
    /// <param name="path">The file; null for none. One that is there may be the only copy of a secret in use, and is never overwritten.</param>
    /// <param name="masterPath">The file with the master that is derived from; null for a new master.</param>
    /// <param name="volume">The volume that a client's secret opens.</param>
    /// <param name="right">What a client's secret allows: <c>mirror</c> or <c>restore</c>.</param>
    /// <exception cref="UsageException">The volume's name or the right is none.</exception>
    /// <exception cref="SecretException">The master cannot be used.</exception>
    /// <exception cref="MirrorControlException">The file exists.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static Secret Make(string? path, string? masterPath = null, string? volume = null, string right = "mirror")
    {
        Secret secret = masterPath is null ? Secret.NewMaster() : Derive(masterPath, volume, right);
        if (path is null) return secret;
        if (File.Exists(path)) throw new MirrorControlException($"{path} exists, and may be the only copy of a secret in use. Name another file, or remove it.") { Failure = ControlFailure.InUse };
        SecretFile.Write(path, secret);
        return secret;
    }

    private static Secret Derive(string masterPath, string? volume, string right)
    {
        if (!VolumeName.IsValid(volume)) throw new UsageException($"'{volume}' is not a volume name. {VolumeName.Rule}");
        MirrorRight allowed = right switch
        {
            "mirror" => MirrorRight.Mirror,
            "restore" => MirrorRight.Restore,
            _ => throw new UsageException($"'{right}' is no right. Rights are mirror and restore."),
        };
        return SecretFile.Read(masterPath).ForClient(volume!, allowed);
    }
}
