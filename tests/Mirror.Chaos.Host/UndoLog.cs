using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Mirror.Chaos.Host;

/// <summary>
/// What a file held before writes that are not flushed yet: so that a power cut can take any of them back, sector by sector, in any order, as a drive
/// with a write cache may. Each entry is in the log before its write begins, past this process's memory, so that it outlives a kill.
/// <code>entry: offset i64, length i64, that many bytes as they were before</code>
/// A flush begins a new log and removes the older ones when it has succeeded.
/// </summary>
internal sealed class UndoLog : IDisposable
{
    private const int Sector = 512, HeaderBytes = 16;

    private static long s_number;

    private readonly string _prefix;
    private readonly Lock _lock = new();
    private SafeFileHandle _log;
    private long _end;

    /// <summary>Begins a log of a file.</summary>
    public UndoLog(string directory, string file)
    {
        Directory.CreateDirectory(directory);
        _prefix = Prefix(directory, file);
        _log = Next();
    }

    /// <summary>Notes what a range held.</summary>
    public void Note(long offset, ReadOnlySpan<byte> before)
    {
        byte[] entry = new byte[HeaderBytes + before.Length];
        BitConverter.TryWriteBytes(entry, offset);
        BitConverter.TryWriteBytes(entry.AsSpan(8), (long)before.Length);
        before.CopyTo(entry.AsSpan(HeaderBytes));
        lock (_lock)
        {
            RandomAccess.Write(_log, entry, _end);
            _end += entry.Length;
        }
    }

    /// <summary>A flush begins.</summary>
    /// <returns>What belongs to it: to be forgotten when it has succeeded.</returns>
    public string[] Turn()
    {
        lock (_lock)
        {
            string[] older = Logs(_prefix);
            _log.Dispose();
            _log = Next();
            _end = 0;
            return older;
        }
    }

    /// <summary>Forgets what is on stable storage now.</summary>
    public static void Forget(IEnumerable<string> logs)
    {
        foreach (string log in logs) File.Delete(log);
    }

    /// <summary>The logs of a file are worth nothing any more: it has been removed.</summary>
    public static void Forget(string directory, string file)
    {
        if (Directory.Exists(directory)) Forget(Logs(Prefix(directory, file)));
    }

    /// <summary>Takes back what was not flushed: each sector with this probability, and then maybe what it held before that, too.</summary>
    /// <returns>Sectors taken back.</returns>
    public static int Rewind(string directory, Random random, double probability)
    {
        int taken = 0;
        if (!Directory.Exists(directory)) return 0;
        foreach (IGrouping<string, string> logs in Directory.GetFiles(directory).GroupBy(l => l[..l.LastIndexOf('.')]).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            string file = Path.GetFileName(logs.Key).Replace('|', '/');
            if (File.Exists(file)) taken += Rewind(file, logs.Order(StringComparer.Ordinal), random, probability);
            Forget(logs);
        }
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose() => _log.Dispose();

    private static int Rewind(string file, IEnumerable<string> logs, Random random, double probability)
    {
        using SafeFileHandle target = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        long size = RandomAccess.GetLength(target);
        var settled = new HashSet<long>();
        int taken = 0;
        foreach (string log in logs.Reverse())
        {
            byte[] all = File.ReadAllBytes(log);
            foreach ((int at, long offset, int length) in Entries(all).Reverse())
            {
                for (int done = 0; done < length;)
                {
                    int part = (int)Math.Min(length - done, Sector - (offset + done) % Sector);
                    long sector = (offset + done) / Sector;
                    // What stays of a sector's writes is the earlier ones: a later one cannot be on the platter without them.
                    if (!settled.Contains(sector))
                    {
                        if (offset + done + part <= size && random.NextDouble() < probability)
                        {
                            RandomAccess.Write(target, all.AsSpan(at + done, part), offset + done);
                            taken++;
                        }
                        else
                        {
                            settled.Add(sector);
                        }
                    }
                    done += part;
                }
            }
            all = [];
        }
        return taken;
    }

    private static IEnumerable<(int At, long Offset, int Length)> Entries(byte[] all)
    {
        for (int at = 0; at + HeaderBytes <= all.Length;)
        {
            long offset = BitConverter.ToInt64(all, at), length = BitConverter.ToInt64(all, at + 8);
            at += HeaderBytes;
            // Cut off by the kill: its write had not begun.
            if (at + length > all.Length) yield break;
            yield return (at, offset, (int)length);
            at += (int)length;
        }
    }

    private static string Prefix(string directory, string file) => Path.Combine(directory, Path.GetFullPath(file).Replace('/', '|'));

    private static string[] Logs(string prefix) => Directory.GetFiles(Path.GetDirectoryName(prefix)!, Path.GetFileName(prefix) + ".*");

    private SafeFileHandle Next() => File.OpenHandle(
        string.Create(CultureInfo.InvariantCulture, $"{_prefix}.{DateTime.UtcNow.Ticks:D20}-{Interlocked.Increment(ref s_number):D8}"), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
}
