using Mirror.Bench;

// Called by bench/run.sh; each task prints one line of name=value pairs.
return args switch
{
    ["tls-receive", var port] => BareTls.Receive(int.Parse(port)),
    ["tls-send", var port, var bytes] => BareTls.Send(int.Parse(port), long.Parse(bytes)),
    ["watch", var volume, var seconds] => await StatusWatch.RunAsync(volume, double.Parse(seconds)),
    ["latency", var volume, var disk, var count] => await CommitLatency.RunAsync(volume, disk, int.Parse(count)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("tls-receive PORT | tls-send PORT BYTES | watch VOLUME SECONDS | latency VOLUME DISK COUNT");
    return 2;
}
