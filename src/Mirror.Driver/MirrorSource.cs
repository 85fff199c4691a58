using Mirror.Core.Client;
using Mirror.Core.Disks;
using Mirror.Core.Taps;
using Mirror.Driver.Disks;
using Mirror.Driver.Taps;

namespace Mirror.Driver;

/// <summary>A disk of this host and its tap.</summary>
public sealed class MirrorSource : IMirrorSource
{
    private readonly TapOptions _options;
    private DirectDisk _disk;
    private ITap _tap;

    /// <summary>Opens both.</summary>
    /// <param name="options">The disk's path, and which tap.</param>
    /// <exception cref="IOException">The disk or the tap cannot be opened.</exception>
    /// <exception cref="TapUnavailableException">The tap that was asked for cannot be had.</exception>
    public MirrorSource(TapOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        (_disk, _tap) = Open(options);
    }

    /// <inheritdoc/>
    public IDisk Disk => _disk;

    /// <inheritdoc/>
    public ITap Tap => _tap;

    /// <inheritdoc/>
    public void Reopen()
    {
        Dispose();
        (_disk, _tap) = Open(_options);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tap.Dispose();
        _disk.Dispose();
    }

    private static (DirectDisk Disk, ITap Tap) Open(TapOptions options)
    {
        DirectDisk disk = DirectDisk.Open(options.DiskPath);
        try
        {
            ITap tap = TapFactory.Open(options);
            if (disk.SizeNow == disk.SizeBytes) return (disk, tap);
            tap.Dispose();
            throw new IOException($"{disk.Path} changed its size while it was being opened.");
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }
}
