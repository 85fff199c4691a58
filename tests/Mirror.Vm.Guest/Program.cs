using Mirror.Core.Taps;
using Mirror.Driver.Disks;
using Mirror.Driver.Drives;
using Mirror.Driver.Taps;

// Follows a disk by its tap alone, into an image: runs inside the guest, where a test can see what the tap of an old kernel delivers
// without the rest of the product. Arguments: DISK IMAGE STOPFILE NAME [RISEFILE]. Whoever wrote the stop file has ended all writing before; the name is added to each value's.
// The rate is Off until the rise file is there.
string disk = args[0], stop = args[2], name = args[3];
TapExamination examination = TapProbe.Examine(disk);
Console.WriteLine($"::note examination of {disk}: {examination}");
using FileStream image = new(args[1], FileMode.Create);
using (DirectDisk source = DirectDisk.Open(disk)) image.SetLength(source.SizeBytes);
using ITap tap = TapFactory.Open(new TapOptions { Volume = "guest-" + Path.GetFileName(disk), DiskPath = disk, Choice = TapChoice.Ebpf });
Console.WriteLine($"::note {tap.Description}");
Mirror.Core.Boot.DriveTestimony? before = DriveWitness.Ask(disk);
if (before is not null) Console.WriteLine($"::value drive-{name} {before.Drive}");
if (args.Length > 4)
{
    File.WriteAllText(stop + ".off", "");
    while (!File.Exists(args[4])) Thread.Sleep(50);
}
tap.SetRate(tap.Description.MaxRate);
tap.Flip();
Console.WriteLine("::note following");
File.WriteAllText(stop + ".ready", "");

long data = 0, dataBytes = 0, zeroes = 0, blocks = 0, sideReads = 0, begunAtOff = 0;
bool stopping = false;
while (true)
{
    while (tap.TryPeek(out TapRecord record))
    {
        if (record.Started == 0) begunAtOff++;
        switch (record.Kind)
        {
            case TapRecordKind.Data:
                data++;
                dataBytes += record.Length;
                image.Position = record.Offset;
                image.Write(record.Head);
                image.Write(record.Tail);
                break;
            case TapRecordKind.Zero:
                zeroes++;
                image.Position = record.Offset;
                byte[] zero = new byte[65536];
                for (long left = record.Length; left > 0; left -= zero.Length) image.Write(zero.AsSpan(0, (int)Math.Min(left, zero.Length)));
                break;
            case TapRecordKind.Block:
                blocks++;
                break;
            case TapRecordKind.SideRead:
                sideReads++;
                break;
        }
        tap.Advance();
    }
    if (stopping) break;
    stopping = File.Exists(stop);
    if (!stopping) tap.Wait(TimeSpan.FromMilliseconds(100));
}
bool undelivered = tap.Flip();
Console.WriteLine($"::value sums-{name} {tap.CheckSums()}");
Console.WriteLine($"::value undelivered-{name} {undelivered}");
Console.WriteLine($"::value rate-{name} {tap.Rate}");
Console.WriteLine($"::value data-records-{name} {data}");
Console.WriteLine($"::value data-bytes-{name} {dataBytes}");
Console.WriteLine($"::value zero-records-{name} {zeroes}");
Console.WriteLine($"::value block-records-{name} {blocks}");
Console.WriteLine($"::value side-reads-{name} {sideReads}");
Console.WriteLine($"::value begun-at-off-{name} {begunAtOff}");
Console.WriteLine($"::note {tap.Counters}");
Console.WriteLine($"::value tap-writes-{name} {tap.Counters.Writes}");
if (before is not null && DriveWitness.Ask(disk) is { } after)
{
    Console.WriteLine($"::note {before} -> {after}");
    Console.WriteLine($"::value drive-writes-{name} {after.WriteCommands - before.WriteCommands}");
    Console.WriteLine($"::value drive-units-{name} {after.UnitsWritten - before.UnitsWritten}");
}
tap.Unpin();
image.Flush(flushToDisk: true);
