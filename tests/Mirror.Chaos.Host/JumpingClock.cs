using System.Globalization;

namespace Mirror.Chaos.Host;

/// <summary>A wall clock that is as wrong as a file says, in seconds. Timers and timestamps go on as they are: Linux's do so too when the wall clock is set.</summary>
internal sealed class JumpingClock(string file) : TimeProvider
{
    private long _readAt = long.MinValue;
    private double _wrong;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        long now = Environment.TickCount64;
        if (now - Volatile.Read(ref _readAt) > 100)
        {
            Volatile.Write(ref _readAt, now);
            if (File.Exists(file) && double.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out double seconds)) Volatile.Write(ref _wrong, seconds);
        }
        return base.GetUtcNow() + TimeSpan.FromSeconds(Volatile.Read(ref _wrong));
    }
}
