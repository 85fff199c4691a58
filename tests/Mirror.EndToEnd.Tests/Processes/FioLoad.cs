using System.Diagnostics;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>Direct writes at a disk for as long as it lives.</summary>
internal sealed class FioLoad : IDisposable
{
    private readonly RunningProgram _fio;

    private FioLoad(RunningProgram fio) => _fio = fio;

    /// <summary>Begins to write random data at random places, until disposed.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="bytesPerSecond">How fast; 0 for as fast as it goes.</param>
    /// <param name="seed">Where and what.</param>
    /// <param name="blocks">Block sizes with percentages, as fio takes them.</param>
    /// <param name="below">The bytes from the start that are written to; 0 for all.</param>
    public static FioLoad Start(string disk, long bytesPerSecond, int seed, string blocks = "512/10:4k/50:12k/20:32k/20", long below = 0) => new(new RunningProgram(Command(
    [
        $"--filename={disk}", "--rw=randwrite", $"--bssplit={blocks}", "--blockalign=512", "--refill_buffers", $"--randseed={seed}", "--time_based", "--runtime=3600",
        "--ioengine=libaio", "--iodepth=4", .. below > 0 ? [$"--size={below}"] : Array.Empty<string>(), .. bytesPerSecond > 0 ? [$"--rate={bytesPerSecond}"] : Array.Empty<string>(),
    ])));

    /// <summary>Whether it still writes.</summary>
    public bool Runs => !_fio.HasExited;

    /// <summary>What it said.</summary>
    public string Log => _fio.Log;

    /// <summary>Begins to write blocks of one size as fast as it goes, until disposed.</summary>
    public static FioLoad Flood(string disk, string pattern, int blockBytes, int depth) => new(new RunningProgram(Command(
        [$"--filename={disk}", $"--rw={pattern}", $"--bs={blockBytes}", "--randrepeat=0", "--norandommap", "--time_based", "--runtime=3600", "--ioengine=libaio", $"--iodepth={depth}"])));

    /// <summary>Writes so many bytes in single blocks at random places of a range.</summary>
    public static async Task ScatterAsync(string disk, long offset, long length, long bytes, int seed)
    {
        using var fio = new RunningProgram(Command(
        [
            $"--filename={disk}", "--rw=randwrite", "--bs=4k", $"--offset={offset}", $"--size={length}", $"--io_size={bytes}", "--norandommap", $"--randseed={seed}", "--refill_buffers", "--ioengine=libaio", "--iodepth=8",
        ]));
        Assert.True(await fio.ExitAsync(TimeSpan.FromMinutes(2)) == 0, fio.Log);
    }

    /// <summary>Ends it; what it has submitted completes.</summary>
    public void Dispose() => _fio.Dispose();

    /// <summary>Overlapping writes in flight together are not what these tests are about (docs/consistency.md, 2.4): there are none.</summary>
    private static ProcessStartInfo Command(string[] arguments) =>
        new("fio", ["--name=w", "--direct=1", "--thread", "--group_reporting", "--serialize_overlap=1", .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
}
