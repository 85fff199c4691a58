namespace Mirror.Core.Client;

/// <summary>What a verify is asked for.</summary>
/// <param name="Limit">Bytes a second that are read from the disk at most; 0 for <see cref="DefaultLimit"/>.</param>
/// <param name="Repair">Whether what differs is sent again.</param>
public sealed record VerifyRequest(long Limit = 0, bool Repair = false)
{
    /// <summary>The limit when none is given: gentle to a disk in use; a TiB takes less than five hours.</summary>
    public const long DefaultLimit = 64 << 20;
}
