using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Fakes;
using Mirror.Core.Security;
using Mirror.Core.Server;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Server;

/// <summary>
/// A whole site comes back after a power cut: real clients, real TLS, a real server on a fake store; disks of one chunk each. What it costs a live stream in
/// time, and the server in memory, is not measured here.
/// </summary>
[Collection("Alone")]
public sealed class BootStormTests
{
    private const int Hosts = 100, Size = 1 << 20;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_hundred_clients_that_come_back_at_once_are_all_scanned_without_reading_their_images_while_a_live_stream_goes_on()
    {
        var files = new FakeImageFiles();
        Secret master = Secret.NewMaster();
        var limits = new VolumeLimits { TagRound = TimeSpan.FromMilliseconds(50) };
        Host[] hosts = [.. Enumerable.Range(0, Hosts).Select(i => new Host($"v{i}", i))];
        await using (MirrorServer server = await StartAsync(files, master, limits))
        {
            foreach (Host host in hosts) host.Start(server, master);
            await Waiting.UntilAsync(() => hosts.All(h => h.Client.Status.State == MirrorState.Live && h.Client.Status.Consistent), () => Text(hosts));
            await Waiting.UntilAsync(() => hosts.All(h => Reads(files, h) > 0), () => "some image is not hashed though nobody scans");
            foreach (Host host in hosts) await host.DisposeAsync();
        }
        // Nothing is left to be carried, so the images are not even opened until their clients come.
        await using (MirrorServer server = await StartAsync(files, master, new VolumeLimits()))
        await using (var steady = new Host("steady", 1000))
        {
            steady.Start(server, master);
            await Waiting.UntilAsync(() => steady.Client.Status is { State: MirrorState.Live, Consistent: true }, () => steady.Client.Status.ToString());
            foreach (Host host in hosts) host.ReadsBefore = Reads(files, host);
            // Of five of them the disk has changed: there the image must be read where it differs, and only there.
            foreach (Host host in hosts[..5]) host.Disk.Write(4096 * host.Number, new byte[512]);
            foreach (Host host in hosts) host.Start(server, master, rebooted: true);
            int writes = 0, stopped = 0;
            await Waiting.UntilAsync(() =>
            {
                steady.Disk.Write(512 * (writes % 1000), BitConverter.GetBytes(++writes).Concat(new byte[508]).ToArray());
                if (steady.Client.Status.State != MirrorState.Live) stopped++;
                return hosts.All(h => h.Client.Status is { State: MirrorState.Live, Consistent: true });
            }, () => Text(hosts));
            Assert.All(hosts, h => Assert.Equal(1, h.Client.Status.Scans));
            Assert.Equal(0, stopped);
            Assert.All(hosts[5..], h => Assert.Equal(h.ReadsBefore, Reads(files, h)));
            // Each of the five is compared in units of 4 KiB: a read of its chunk, and of little else.
            Assert.All(hosts[..5], h => Assert.InRange(Reads(files, h) - h.ReadsBefore, 1, 10));
            await steady.Client.WaitIdleAsync(CancellationToken.None).WaitAsync(Deadline);
            foreach (Host host in hosts) Assert.Equal(host.Disk.Snapshot(), files.Image(ServerFixture.Image(host.Name)).ToArray());
            foreach (Host host in hosts) await host.DisposeAsync();
        }
    }

    private static Task<MirrorServer> StartAsync(FakeImageFiles files, Secret master, VolumeLimits limits) =>
        MirrorServer.StartAsync(new MirrorServerOptions { StoreDirectory = ServerFixture.Store, Listen = new IPEndPoint(IPAddress.Loopback, 0), Master = master }, files, null, limits, null, null);

    private static long Reads(FakeImageFiles files, Host host) => files.Operations.Count(o => o.Operation == FakeImageOperation.Read && o.Path == ServerFixture.Image(host.Name));

    private static string Text(Host[] hosts) => string.Join("; ", hosts.Where(h => h.Client.Status.State != MirrorState.Live).Select(h => $"{h.Name} {h.Client.Status.State} {h.Client.Status.LastError}").Take(5));

    /// <summary>One machine with its disk.</summary>
    private sealed class Host(string name, int number) : IAsyncDisposable
    {
        private readonly Guid _id = Guid.NewGuid();
        private FakeTap? _tap;

        public string Name => name;

        public int Number => number;

        public long ReadsBefore { get; set; }

        public FakeDisk Disk { get; } = Filled(number);

        public MirrorClient Client { get; private set; } = null!;

        public void Start(MirrorServer server, Secret master, bool rebooted = false)
        {
            if (rebooted) Disk.Attachment = "boot 2, attached once";
            _tap = new FakeTap(new FakeTapKernel(Disk));
            var connector = new Connector("127.0.0.1", server.EndPoint.Port, master.ForClient(name, MirrorRight.Mirror), name, MirrorRight.Mirror);
            var options = new MirrorClientOptions { Volume = name, Server = "storm", ClientId = _id, MarkInterval = TimeSpan.FromMilliseconds(200), ReadSlots = 1 };
            Client = new MirrorClient(options, Disk, _tap, connector.ConnectAsync, NullLogger.Instance);
            _ = Client.RunAsync(CancellationToken.None);
        }

        public async ValueTask DisposeAsync()
        {
            if (Client is not null) await Client.DisposeAsync();
            Disk.Tap = null;    // switched off
            _tap?.Dispose();
        }

        private static FakeDisk Filled(int number)
        {
            var disk = new FakeDisk(Size, number) { Slowness = TimeSpan.Zero };
            disk.Write(0, ServerFixture.Random(Size, number));
            return disk;
        }
    }
}
