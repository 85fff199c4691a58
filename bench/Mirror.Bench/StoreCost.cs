using System.Diagnostics;
using System.Globalization;
using Mirror.Core.Store;
using Mirror.Driver.Images;

namespace Mirror.Bench;

/// <summary>What the journal costs: the same random writes of 64 KiB, a mark every 64 MiB, before the first consistent mark (straight into the image) and after it (through the journal).</summary>
internal static class StoreCost
{
    private const int Write = 64 << 10;
    private const long VolumeBytes = 2L << 30;

    public static int Run(string directory, long mebibytes)
    {
        var files = new ImageFiles();
        var places = new VolumeFiles(directory, "store-cost", null);
        files.CreateDirectory(places.Directory);
        MarkSlots.Create(files, places.Marks);
        using (IImageFile file = files.Open(places.Image, ImageOpenMode.New)) file.SetSize(VolumeBytes);
        using ImageStore store = ImageStore.Open(files, places, files.Open(places.Image, ImageOpenMode.Existing), MarkSlots.Open(files, places.Marks), VolumeBytes);
        ulong mark = 0;
        var random = new Random(1);
        byte[] data = new byte[Write];
        random.NextBytes(data);

        (double Seconds, double Processor, double Worst) Phase(bool consistent)
        {
            TimeSpan processor = Process.GetCurrentProcess().TotalProcessorTime;
            long start = Stopwatch.GetTimestamp();
            double worst = 0;
            for (long written = 0; written < mebibytes << 20; written += Write)
            {
                BitConverter.TryWriteBytes(data, written);
                store.Write(random.NextInt64(VolumeBytes / Write) * Write, data);
                if ((written + Write) % (64 << 20) != 0) continue;
                long before = Stopwatch.GetTimestamp();
                store.Mark(new ImageMark(++mark, 1, consistent, 0, 1, Guid.Empty));
                store.Commit();
                worst = Math.Max(worst, Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            }
            while (consistent && !store.IsSettled) Thread.Sleep(1);
            return (Stopwatch.GetElapsedTime(start).TotalSeconds, (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds, worst);
        }

        Phase(consistent: false);   // the image's blocks are there
        var direct = Phase(consistent: false);
        store.EnterLive(true);
        store.Mark(new ImageMark(++mark, 1, true, 0, 1, Guid.Empty));
        store.Commit();
        Phase(consistent: true);    // and the journal's
        var journal = Phase(consistent: true);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"direct_s={direct.Seconds:F2} direct_cpu_s={direct.Processor:F2} direct_commit_ms={direct.Worst:F0} journal_s={journal.Seconds:F2} journal_cpu_s={journal.Processor:F2} journal_commit_ms={journal.Worst:F0}"));
        return 0;
    }
}
