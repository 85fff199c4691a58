using Mirror.Core.Taps;

namespace Mirror.Driver.Taps;

/// <summary>The pins of clients that are gone.</summary>
/// <param name="runDirectory">Where taps keep their lock files; see <see cref="TapOptions.RunDirectory"/>.</param>
/// <param name="pinDirectory">Where pins are; null for where they are by default.</param>
public sealed class TapRemains(string runDirectory, string? pinDirectory = null) : ITapRemains
{
    /// <inheritdoc/>
    public bool Remove(string volume)
    {
        Core.Security.VolumeName.Require(volume);
        TapOptions options = new() { Volume = volume, DiskPath = "", RunDirectory = runDirectory };
        if (pinDirectory is not null) options = options with { PinDirectory = pinDirectory };
        string pins = EbpfTap.PinsOf(options);
        if (!Directory.Exists(pins)) return false;
        using FileStream theLock = EbpfTap.TakeLock(options);
        TapPrograms.RemovePins(pins);
        return true;
    }
}
