using System.Diagnostics;
using System.Globalization;
using Mirror.Core.Control;
using Mirror.Core.Operations;

namespace Mirror.Hosting;

/// <summary>
/// Frozen file systems, held so by a shell in a session of its own, which thaws them when its stdin ends (this process lets go, or is gone, however it went) or the time is over.
/// It needs no more than fsfreeze(8), and writes nothing. If it is killed itself, this process thaws. Only killing both at once, as when a whole control group is killed, leaves a
/// freeze, which <c>fsfreeze --unfreeze</c> ends.
/// </summary>
internal sealed class FreezeGuard
{
    private const int TimeOver = 124;       // of timeout(1)

    // $1: seconds; then the mount points. What was frozen before one fails is thawed.
    private const string Script = """
        trap : HUP INT TERM
        seconds=$1; shift
        thaw() { for m in "$@"; do fsfreeze --unfreeze "$m" 2>/dev/null; done; }
        for m in "$@"; do fsfreeze --freeze "$m" || { thaw "$@"; exit 2; }; done
        echo frozen
        timeout "$seconds" cat >/dev/null
        code=$?
        thaw "$@"
        exit $code
        """;

    private readonly Process _process;
    private readonly IReadOnlyList<string> _mounts;
    private readonly double _seconds;

    private FreezeGuard(Process process, IReadOnlyList<string> mounts, double seconds) => (_process, _mounts, _seconds) = (process, mounts, seconds);

    /// <summary>Freezes file systems.</summary>
    /// <param name="mounts">Where they are mounted.</param>
    /// <param name="seconds">They are thawed after so many.</param>
    /// <param name="cancellation">Gives up, and thaws.</param>
    /// <exception cref="MirrorControlException">One cannot be frozen; none is.</exception>
    public static async Task<FreezeGuard> FreezeAsync(IReadOnlyList<string> mounts, double seconds, CancellationToken cancellation)
    {
        string[] paths = [.. mounts.Select(Path.GetFullPath)];
        Process process = Process.Start(new ProcessStartInfo("setsid", ["--wait", "sh", "-c", Script, "diskmirror-freeze", seconds.ToString(CultureInfo.InvariantCulture), .. paths])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var guard = new FreezeGuard(process, paths, seconds);
        try
        {
            if (await process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false) == "frozen") return guard;
            string why = await process.StandardError.ReadToEndAsync(cancellation).ConfigureAwait(false);
            throw new MirrorControlException($"{string.Join(", ", paths)} cannot be frozen: {PlainText.Clean(why.Trim())}");
        }
        catch
        {
            // Whatever has been frozen meanwhile is thawed when it sees the end of its stdin.
            process.StandardInput.Close();
            throw;
        }
    }

    /// <summary>Thaws.</summary>
    /// <exception cref="MirrorControlException">They were thawed before: what was done meanwhile was not done in the freeze.</exception>
    public async Task ThawAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().ConfigureAwait(false);
        int code = _process.ExitCode;
        _process.Dispose();
        if (code == 0) return;
        if (code == TimeOver) throw new MirrorControlException($"{string.Join(", ", _mounts)}: thawed after {Durations.Format(_seconds)}, before all was done. A snapshot that was taken meanwhile may be of a state after the freeze: do not trust it.");
        foreach (string mount in _mounts)
        {
            using Process thaw = Process.Start(new ProcessStartInfo("fsfreeze", ["--unfreeze", mount]) { RedirectStandardError = true })!;
            await thaw.WaitForExitAsync().ConfigureAwait(false);
        }
        throw new MirrorControlException($"{string.Join(", ", _mounts)}: what held the freeze ended by itself ({code}); everything is thawed. A snapshot that was taken meanwhile is not to be trusted.");
    }
}
