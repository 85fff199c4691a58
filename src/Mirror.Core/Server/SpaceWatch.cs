using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Core.Store;

namespace Mirror.Core.Server;

/// <summary>
/// Warns before a store is full: looks at the file systems that hold images, now and then and on a thread of its own, because a file system that hangs may not answer.
/// A level that was reached is left only when a tenth more is free than its threshold, so that it does not come and go.
/// </summary>
internal sealed class SpaceWatch : IAsyncDisposable
{
    private const double Hysteresis = 1.1;

    private readonly IImageFiles _files;
    private readonly double _low, _critical;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, Reading> _places = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <summary>Begins to watch.</summary>
    /// <param name="files">Tells the room.</param>
    /// <param name="options">The thresholds.</param>
    /// <param name="limits">How often.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">The log.</param>
    public SpaceWatch(IImageFiles files, MirrorServerOptions options, VolumeLimits limits, TimeProvider clock, ILogger logger)
    {
        _files = files;
        _low = options.SpaceWarningPercent;
        _critical = Math.Min(options.SpaceCriticalPercent, options.SpaceWarningPercent);
        _logger = logger;
        _running = RunAsync(limits.SpaceInterval, clock);
    }

    /// <summary>What is known of the place of an image; null until it was looked at, and for a block device. Does not block.</summary>
    public Reading? Of(string image) => _places.GetOrAdd(image, static _ => new Reading(null, SpaceLevel.Ok)) is { Space: not null } known ? known : null;

    /// <summary>Ends; a file system that hangs is not waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync(TimeSpan interval, TimeProvider clock)
    {
        using var timer = new PeriodicTimer(interval, clock);
        do await StoreWork.Run(Look).WaitAsync(_stop.Token).ConfigureAwait(false);
        while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
    }

    private void Look()
    {
        foreach ((string image, Reading before) in _places)
        {
            if (_stop.IsCancellationRequested) return;
            StorageSpace? space = _files.Space(image);
            SpaceLevel level = space is { } known ? Judge(known.FreePercent, before.Level, _low, _critical) : SpaceLevel.Ok;
            _places[image] = new Reading(space, level);
            if (level == before.Level) continue;
            string text = Describe(image, space ?? default);
            if (level > before.Level) ServerLog.SpaceShort(_logger, level, text);
            else ServerLog.SpaceAgain(_logger, level, text);
        }
    }

    /// <summary>The level of so much room, in percent.</summary>
    internal static SpaceLevel Judge(double free, SpaceLevel before, double low, double critical)
    {
        if (before == SpaceLevel.Critical) critical *= Hysteresis;
        if (before >= SpaceLevel.Low) low *= Hysteresis;
        return free < critical ? SpaceLevel.Critical : free < low ? SpaceLevel.Low : SpaceLevel.Ok;
    }

    private static string Describe(string image, StorageSpace space) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{ByteQuantity.Format(space.FreeBytes)} of {ByteQuantity.Format(space.SizeBytes)} ({space.FreePercent:0.#} %) are free where {image} lies");

    /// <summary>What was found.</summary>
    /// <param name="Space">The room; null when it cannot be told.</param>
    /// <param name="Level">What it means.</param>
    internal sealed record Reading(StorageSpace? Space, SpaceLevel Level);
}
