using Mirror.Bench;

// Called by bench/run.sh; each task prints one line of name=value pairs.
return args switch
{
    ["tls-receive", var port] => BareTls.Receive(int.Parse(port)),
    ["tls-send", var port, var bytes] => BareTls.Send(int.Parse(port), long.Parse(bytes)),
    ["watch", var volume, var seconds] => await StatusWatch.RunAsync(volume, double.Parse(seconds)),
    ["latency", var volume, var disk, var count] => await CommitLatency.RunAsync(volume, disk, int.Parse(count)),
    ["store-cost", var directory, var mebibytes] => StoreCost.Run(directory, long.Parse(mebibytes)),
    ["storm", var server, var secret, var seconds, var pins, .. var disks] => await Storm.RunAsync(server, secret, double.Parse(seconds), pins, disks),
    ["commit-ages", var server, var secret, var volume, var disk, var interval, var pins] => await CommitAges.RunAsync(server, secret, volume, disk, double.Parse(interval), pins),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("tls-receive PORT | tls-send PORT BYTES | watch VOLUME SECONDS | latency VOLUME DISK COUNT | store-cost DIR MEBIBYTES | storm SERVER SECRET SECONDS PINS DISK... | commit-ages SERVER SECRET VOLUME DISK INTERVAL PINS");
    return 2;
}
