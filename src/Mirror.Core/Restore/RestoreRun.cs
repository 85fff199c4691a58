using Mirror.Core.Blocks;
using Mirror.Core.Disks;
using Mirror.Core.Wire;

namespace Mirror.Core.Restore;

/// <summary>
/// A whole restore: passes over the volume until one has found no difference, each on however many connections it takes. The first pass fetches what
/// differs, the last one is the proof. A view that is the same as on the connection before is gone on with; another one is compared from the start,
/// which costs hashes and no data.
/// </summary>
internal sealed class RestoreRun
{
    private const int MostPasses = 4;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(250);

    private readonly RestoreOptions _options;
    private readonly Func<CancellationToken, Task<AuthenticatedConnection>> _connect;
    private readonly ITargetDisk _target;
    private readonly TimeProvider _clock;
    private readonly IProgress<RestoreProgress>? _progress;
    private readonly RestoreFigures _figures = new();
    private Guid _view;
    private int _passesOfView;      // on this view, that reached the end
    private int _passes;
    private long _position;
    private RestorePass? _pass;
    private int _connections;
    private string? _trouble;

    /// <summary>Prepares a restore.</summary>
    /// <param name="options">What is restored, and how.</param>
    /// <param name="connect">Makes a proved connection to the server.</param>
    /// <param name="target">What is overwritten; stays the caller's.</param>
    /// <param name="progress">Told several times a second how far it is.</param>
    /// <param name="clock">The time; the system's by default.</param>
    public RestoreRun(RestoreOptions options, Func<CancellationToken, Task<AuthenticatedConnection>> connect, ITargetDisk target,
        IProgress<RestoreProgress>? progress = null, TimeProvider? clock = null)
    {
        _options = options;
        _connect = connect;
        _target = target;
        _progress = progress;
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Makes a connection and asks for the view.</summary>
    public static async Task<RestoreConnection> OpenAsync(RestoreOptions options, Func<CancellationToken, Task<AuthenticatedConnection>> connect, TimeProvider clock, CancellationToken cancellation) =>
        await RestoreConnection.BeginAsync(options, await connect(cancellation).ConfigureAwait(false), clock, cancellation).ConfigureAwait(false);

    /// <summary>Runs until the target is the view, byte for byte.</summary>
    /// <param name="first">A connection that is there already; taken over.</param>
    /// <param name="cancellation">Ends it; what was written stays, and another restore goes on from there.</param>
    /// <exception cref="RestoreException">It cannot go on.</exception>
    /// <exception cref="IOException">The target failed, or the first connection could not be had.</exception>
    public async Task<RestoreResult> RunAsync(RestoreConnection? first, CancellationToken cancellation)
    {
        long start = _clock.GetTimestamp(), moved = start;
        long state = -1;
        TimeSpan retry = FirstRetry;
        using var reporting = new CancellationTokenSource();
        long size = 0;
        Task reports = ReportAsync(() => size, reporting.Token);
        RestoreConnection? connection = first;
        try
        {
            while (true)
            {
                Exception broken;
                TimeSpan wait = TimeSpan.Zero;
                try
                {
                    connection ??= await OpenAsync(_options, _connect, _clock, cancellation).ConfigureAwait(false);
                    _connections++;
                    _trouble = null;
                    size = TakeView(connection.View);
                    if (await RunConnectionAsync(connection, cancellation).ConfigureAwait(false)) return Result(connection.View, start);
                    broken = new IOException("A new connection takes over.");
                }
                catch (RestoreRefusedException e) when (!e.IsFinal)
                {
                    broken = e;
                    wait = e.RetryAfter;
                }
                catch (Exception e) when (IsBreak(e) && (_connections > 0 || e is RestoreRefusedException { IsFinal: false }))
                {
                    broken = e;
                }
                finally
                {
                    if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
                    connection = null;
                }
                _trouble = broken.Message;
                if (_figures.Fetched + _figures.Zeroed + _position + _passes is var now && now != state)
                {
                    (state, moved, retry) = (now, _clock.GetTimestamp(), FirstRetry);
                }
                else if (_clock.GetElapsedTime(moved) > _options.GiveUpAfter)
                {
                    throw new RestoreException($"Volume {_options.Volume}: the restore has not come on for {_options.GiveUpAfter.TotalMinutes:0.#} minutes. {broken.Message} "
                        + "What was written stays: the same command goes on from there.", broken);
                }
                if (wait == TimeSpan.Zero) wait = retry * (0.75 + 0.5 * Random.Shared.NextDouble());
                await Task.Delay(wait, _clock, cancellation).ConfigureAwait(false);
                retry = TimeSpan.FromTicks(Math.Min(retry.Ticks * 2, _options.RetryInterval.Ticks));
            }
        }
        finally
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            await reporting.CancelAsync().ConfigureAwait(false);
            await reports.ConfigureAwait(false);
        }
    }

    /// <summary>Runs passes on one connection.</summary>
    /// <returns>Whether the last of them found no difference; false when the connection should be replaced.</returns>
    private async Task<bool> RunConnectionAsync(RestoreConnection connection, CancellationToken cancellation)
    {
        while (!connection.WornOut)
        {
            _pass = new RestorePass(connection, _target, _figures, _options.Slots);
            try
            {
                await _pass.RunAsync(_position, cancellation).ConfigureAwait(false);
            }
            finally
            {
                _position = _pass.Position;
                _pass = null;
            }
            await _target.FlushAsync(cancellation).ConfigureAwait(false);
            _passes++;
            _passesOfView++;
            long found = _figures.Found;
            _figures.ForgetFound();
            _position = 0;
            if (found == 0) return true;
            if (_passesOfView >= MostPasses)
            {
                throw new RestoreException($"Volume {_options.Volume}: {found} bytes of {_target.Path} still differ after {_passesOfView} passes. "
                    + "Either the target does not keep what is written to it (try another disk), or something else writes to it, or the image is no consistent one and changes while it is read.");
            }
        }
        return false;
    }

    private long TakeView(in RestoreViewMessage view)
    {
        long size = view.SizeSectors << Units.SectorShift;
        if (size > _target.SizeBytes)
            throw new RestoreException($"Volume {_options.Volume} has {size} bytes, and {_target.Path} only {_target.SizeBytes}. Give a disk that is large enough.");
        if (view.View != _view)
        {
            _view = view.View;
            _position = 0;
            _passesOfView = 0;
            _figures.ForgetFound();
        }
        return size;
    }

    /// <summary>Whether a new connection may help: the network or the server, but neither the target nor a server that breaks the protocol.</summary>
    private static bool IsBreak(Exception e) =>
        e is IOException and not (RestoreException or ProtocolException or TargetException) && (e as RestoreRefusedException)?.IsFinal != true && e.InnerException is not ProtocolException;

    private RestoreResult Result(in RestoreViewMessage view, long start) => new()
    {
        Volume = _options.Volume,
        Snapshot = _options.Snapshot.Length == 0 ? null : _options.Snapshot,
        Target = _target.Path,
        Source = SourceOf(view),
        FetchedBytes = _figures.Fetched,
        WrittenBytes = _figures.Written,
        ZeroedBytes = _figures.Zeroed,
        Passes = _passes,
        Connections = _connections,
        Seconds = Math.Round(_clock.GetElapsedTime(start).TotalSeconds, 3),
    };

    /// <summary>What a view says, in the words of the operations.</summary>
    public static RestoreSource SourceOf(in RestoreViewMessage view) => new(view.SizeSectors << Units.SectorShift, view.StoredBytes, view.LogicalBlockBytes,
        (view.Flags & RestoreViewFlags.Consistent) != 0, view.Mark,
        view.TimeMilliseconds == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(view.TimeMilliseconds), view.Identity);

    private async Task ReportAsync(Func<long> size, CancellationToken end)
    {
        if (_progress is null) return;
        long at = _clock.GetTimestamp(), before = 0, rate = 0;
        using var timer = new PeriodicTimer(ReportInterval, _clock);
        try
        {
            while (true)
            {
                long position = _pass?.Position ?? _position;
                TimeSpan passed = _clock.GetElapsedTime(at);
                if (passed >= TimeSpan.FromSeconds(1))
                {
                    rate = Math.Max(0, (long)((position - before) / passed.TotalSeconds));
                    (at, before) = (_clock.GetTimestamp(), position);
                }
                _progress.Report(new RestoreProgress
                {
                    Pass = _passes + 1,
                    PositionBytes = position,
                    SizeBytes = size(),
                    FetchedBytes = _figures.Fetched,
                    WrittenBytes = _figures.Written,
                    ZeroedBytes = _figures.Zeroed,
                    Connections = _connections,
                    BytesPerSecond = rate,
                    Trouble = _trouble,
                });
                await timer.WaitForNextTickAsync(end).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }
}
