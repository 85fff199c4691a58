using Mirror.Core.Blocks;
using Mirror.Core.Taps;

namespace Mirror.Driver.Taps;

/// <summary>Opens the best tap that was asked for and can be had.</summary>
public static class TapFactory
{
    /// <summary>Opens a tap.</summary>
    /// <exception cref="TapUnavailableException"><see cref="TapChoice.Ebpf"/> was asked for and cannot be had.</exception>
    /// <exception cref="IOException">Another process has this volume's tap open.</exception>
    public static ITap Open(TapOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Choice == TapChoice.RescanOnly) return RescanOnly(options, null);
        try
        {
            return EbpfTap.Open(options);
        }
        catch (TapUnavailableException e) when (options.Choice == TapChoice.Auto)
        {
            return RescanOnly(options, e.Message);
        }
    }

    private static RescanOnlyTap RescanOnly(TapOptions options, string? reason)
    {
        int granule = options.GranuleBytes;
        if (granule == 0)
        {
            long bytes = TapTarget.Find(options.DiskPath, out _) is { } target ? target.Sectors << Units.SectorShift
                : File.Exists(options.DiskPath) ? new FileInfo(options.DiskPath).Length : 0;
            granule = Units.GranuleFor(bytes);
        }
        return new RescanOnlyTap(granule, reason);
    }
}
