namespace Mirror.Core.Server;

/// <summary>Says ALIVE on one connection, and ends it when its client is silent or does not take what is sent.</summary>
/// <param name="replies">Where ALIVE goes.</param>
/// <param name="received">Bytes received so far, which only grow.</param>
/// <param name="listening">Whether this side reads now: silence counts only then, a stalled store is not the client's fault.</param>
/// <param name="silent">Called once, before <see cref="RunAsync"/> ends.</param>
/// <param name="limits">The times.</param>
/// <param name="clock">Their clock.</param>
internal sealed class PeerWatch(ReplyLane replies, Func<long> received, Func<bool> listening, Action silent, VolumeLimits limits, TimeProvider clock)
{
    /// <summary>Runs until <paramref name="end"/>, or until the client was silent for too long.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        long heard = clock.GetTimestamp(), said = heard, bytes = -1;
        TimeSpan step = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, Math.Min(limits.AliveInterval.Ticks, limits.Silence.Ticks) / 4));
        using var timer = new PeriodicTimer(step, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(end).ConfigureAwait(false))
            {
                long now = received();
                if (now != bytes || !listening()) heard = clock.GetTimestamp();
                bytes = now;
                if (clock.GetElapsedTime(heard) > limits.Silence || replies.StuckFor > limits.Silence)
                {
                    silent();
                    return;
                }
                if (clock.GetElapsedTime(said) >= limits.AliveInterval && replies.StuckFor == TimeSpan.Zero)
                {
                    said = clock.GetTimestamp();
                    await replies.SendAsync(default(Wire.AliveMessage)).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection has ended.
        }
    }
}
