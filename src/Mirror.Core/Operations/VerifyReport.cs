using Mirror.Core.Client;

namespace Mirror.Core.Operations;

/// <summary>What a verify of one volume has found, with the volume: for a face that shows several.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Found">What the client has found.</param>
public sealed record VerifyReport(string Volume, VerifyResult Found)
{
    /// <summary>Whether disk and image are the same now, as far as they were compared: nothing differs, or all that did was sent again.</summary>
    public bool Same => Found.DifferingBytes == Found.RepairedBytes;

    /// <inheritdoc cref="VerifyResult.ComparedBytes"/>
    public long ComparedBytes => Found.ComparedBytes;

    /// <inheritdoc cref="VerifyResult.DifferingBytes"/>
    public long DifferingBytes => Found.DifferingBytes;

    /// <inheritdoc cref="VerifyResult.RepairedBytes"/>
    public long RepairedBytes => Found.RepairedBytes;

    /// <inheritdoc cref="VerifyResult.BusyBytes"/>
    public long BusyBytes => Found.BusyBytes;

    /// <inheritdoc cref="VerifyResult.Ranges"/>
    public IReadOnlyList<VerifyRange> Ranges => Found.Ranges;

    /// <summary>How long it took.</summary>
    public TimeSpan Took => Found.Ended - Found.Began;
}
