namespace Mirror.Core.Server;

/// <summary>The rule that a blank or wrong disk never wipes the only copy: a scan that would change more than a fifth of the image's non-zero data asks first.</summary>
internal static class ScanGuard
{
    /// <summary>Whether the scan may go on unasked.</summary>
    /// <param name="changed">Bytes that differ and are not zero in the image, as the client counted them.</param>
    /// <param name="nonZero">Bytes of the image that are not zero, as the client counted them.</param>
    /// <param name="most">The most that the image can hold, by what the storage has allocated: a client that counts too much (whole chunks, say) does not weaken the rule.</param>
    public static bool Allows(long changed, long nonZero, long most) => changed <= Math.Min(nonZero, most) / 5;
}
