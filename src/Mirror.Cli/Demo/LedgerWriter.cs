using System.Security.Cryptography;

namespace Mirror.Cli.Demo;

/// <summary>A small database of its own, where sqlite3 is missing: a log that is appended to and synchronised, and pages changed in place.</summary>
internal sealed class LedgerWriter(string directory) : IDemoWriter
{
    private const int PageBytes = 4096;
    private const int Pages = 8192;
    private const long LogBytes = 8 << 20;

    private long transactions;

    public string Done => $"{Volatile.Read(ref transactions)} database transactions";

    public bool Begun => Volatile.Read(ref transactions) > 0;

    public Task RunAsync(CancellationToken stop) => Task.Run(() => Run(stop), CancellationToken.None);

    private void Run(CancellationToken stop)
    {
        using FileStream log = new(Path.Combine(directory, "ledger.log"), FileMode.Create);
        using FileStream table = new(Path.Combine(directory, "ledger.table"), FileMode.Create);
        byte[] page = new byte[PageBytes];
        while (!stop.IsCancellationRequested)
        {
            RandomNumberGenerator.Fill(page);
            log.Write(page);
            log.Flush(flushToDisk: true);
            for (int i = 0; i < 4; i++)
            {
                table.Position = (long)RandomNumberGenerator.GetInt32(Pages) * PageBytes;
                table.Write(page);
            }
            table.Flush(flushToDisk: true);
            if (log.Length > LogBytes) log.SetLength(0);
            Interlocked.Increment(ref transactions);
        }
    }
}
