using System.Globalization;

namespace Mirror.Cli.Demo;

/// <summary>Random direct writes into a file, of 512 bytes to 64 KiB at any sector, past the page cache (by dd).</summary>
internal sealed class DirectWriter(string directory) : IDemoWriter
{
    private const int FileMiB = 64;

    private long writes;

    public string Done => $"{Volatile.Read(ref writes)} direct writes";

    public bool Begun => Volatile.Read(ref writes) > 0;

    public async Task RunAsync(CancellationToken stop)
    {
        string file = Path.Combine(directory, "direct.bin");
        await Tool.RunAsync(CancellationToken.None, "dd", "if=/dev/urandom", $"of={file}", "bs=1M", $"count={FileMiB}", "oflag=direct", "status=none");
        Random random = new();
        while (!stop.IsCancellationRequested)
        {
            int block = 512 << random.Next(8), count = random.Next(1, 17);
            int place = random.Next((FileMiB << 20) / block - count);
            await Tool.RunAsync(CancellationToken.None, "dd", "if=/dev/urandom", $"of={file}", $"bs={block.ToString(CultureInfo.InvariantCulture)}", $"count={count}",
                $"seek={place}", "oflag=direct", "conv=notrunc", "status=none");
            Interlocked.Add(ref writes, count);
        }
    }
}
