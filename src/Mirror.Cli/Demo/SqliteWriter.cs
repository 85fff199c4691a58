using System.Diagnostics;
using System.Globalization;

namespace Mirror.Cli.Demo;

/// <summary>A database under load: sqlite3 with a write-ahead log and full synchronisation, one transaction after the other.</summary>
internal sealed class SqliteWriter(string directory) : IDemoWriter
{
    private const int Rows = 20000;

    private long transactions;

    public string Done => $"{Volatile.Read(ref transactions)} SQLite transactions";

    public bool Begun => Volatile.Read(ref transactions) > 0;

    /// <summary>Whether this machine has the program.</summary>
    public static bool IsAvailable => Tool.Find("sqlite3") is not null;

    public async Task RunAsync(CancellationToken stop)
    {
        using Process sqlite = Tool.Start("sqlite3", "-batch", "-bail", Path.Combine(directory, "ledger.db"));
        Task<string> errors = sqlite.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await AskAsync(sqlite, errors, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE ledger(id INTEGER PRIMARY KEY, account INTEGER, amount INTEGER, note BLOB); CREATE INDEX accounts ON ledger(account);");
            Random random = new();
            while (!stop.IsCancellationRequested)
            {
                string sql = string.Create(CultureInfo.InvariantCulture, $"""
                    BEGIN;
                    INSERT INTO ledger(account, amount, note) SELECT abs(random()) % 1000, random(), randomblob({random.Next(100, 2000)}) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i FROM n);
                    UPDATE ledger SET amount = amount + 1 WHERE account = {random.Next(1000)};
                    DELETE FROM ledger WHERE id < (SELECT max(id) FROM ledger) - {Rows};
                    COMMIT;
                    """);
                await AskAsync(sqlite, errors, sql);
                Interlocked.Increment(ref transactions);
            }
        }
        finally
        {
            // The end of its input is sqlite3's sign to close the database.
            sqlite.StandardInput.Close();
            await sqlite.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>Runs statements and waits for the word that follows them.</summary>
    private static async Task AskAsync(Process sqlite, Task<string> errors, string sql)
    {
        const string done = "--done--";
        await sqlite.StandardInput.WriteAsync($"{sql}\nSELECT '{done}';\n");
        await sqlite.StandardInput.FlushAsync();
        while (await sqlite.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == done) return;
        }
        throw new IOException($"sqlite3 ended: {(await errors).Trim()}");
    }
}
