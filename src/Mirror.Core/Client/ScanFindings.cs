namespace Mirror.Core.Client;

/// <summary>What a guarded scan has found; all in bytes.</summary>
/// <param name="DifferingBytes">Bytes of granules that differ between disk and image.</param>
/// <param name="DifferingNonZeroBytes">Those of them where the image is not all zero: what a replacement would destroy.</param>
/// <param name="NonZeroBytes">Bytes of granules where the image is not all zero.</param>
public readonly record struct ScanFindings(long DifferingBytes, long DifferingNonZeroBytes, long NonZeroBytes)
{
    /// <summary>The sum of two findings.</summary>
    public static ScanFindings operator +(ScanFindings a, ScanFindings b) =>
        new(a.DifferingBytes + b.DifferingBytes, a.DifferingNonZeroBytes + b.DifferingNonZeroBytes, a.NonZeroBytes + b.NonZeroBytes);
}
