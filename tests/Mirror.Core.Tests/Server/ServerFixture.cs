using System.Net;
using System.Net.Sockets;
using Mirror.Core.Control;
using Mirror.Core.Fakes;
using Mirror.Core.Security;
using Mirror.Core.Server;
using Mirror.Core.Store;

namespace Mirror.Core.Tests.Server;

/// <summary>A server over a fake store, and clients over loopback that count as proved.</summary>
internal sealed class ServerFixture : IAsyncDisposable
{
    public const string Store = "/store";

    private readonly List<IDisposable> _clients = [];
    private readonly List<Task> _serving = [];

    private ServerFixture(FakeImageFiles files, MirrorServer server, Secret master)
    {
        Files = files;
        Server = server;
        Master = master;
    }

    public Secret Master { get; }

    public FakeImageFiles Files { get; }

    public MirrorServer Server { get; }

    public static string Image(string volume) => $"{Store}/{volume}/image";

    public FakeImageContent Content(string volume) => Files.Image(Image(volume));

    public static async Task<ServerFixture> StartAsync(FakeImageFiles? files = null, VolumeLimits? limits = null, int scans = 4, IStorePlace? place = null,
        IReadOnlyDictionary<string, VolumePlacement>? volumes = null, long? memory = null)
    {
        files ??= new FakeImageFiles();
        var options = new MirrorServerOptions
        {
            StoreDirectory = Store,
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Master = Secret.NewMaster(),
            ScansAtOnce = scans,
            MemoryBytes = memory ?? MirrorServerOptions.DefaultMemoryBytes,
            Volumes = volumes ?? new Dictionary<string, VolumePlacement>(),
        };
        return new ServerFixture(files, await MirrorServer.StartAsync(options, files, place, limits, null, null), options.Master);
    }

    public async Task<TestClient> ConnectAsync(string volume = "v", MirrorRight right = MirrorRight.Mirror)
    {
        (Socket server, Socket client) = await SocketConnection.PairAsync();
        var connection = new SocketConnection(server, volume, right);
        _serving.Add(Task.Run(async () =>
        {
            using (connection) await Server.ServeAsync(connection);
        }));
        var test = new TestClient(new NetworkStream(client, ownsSocket: true));
        _clients.Add(test);
        return test;
    }

    /// <summary>Connects and says IDENTIFY.</summary>
    public async Task<TestClient> WelcomedAsync(long bytes, string volume = "v")
    {
        TestClient client = await ConnectAsync(volume);
        await client.IdentifyAsync(TestClient.Identity(bytes));
        return client;
    }

    public MirrorStatus Status(string volume = "v") => Server.Volumes.Select(v => v.Status).Single(s => s.Volume == volume);

    public static byte[] Random(int bytes, int seed)
    {
        byte[] data = new byte[bytes];
        new Random(seed).NextBytes(data);
        return data;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IDisposable client in _clients) client.Dispose();
        await Server.DisposeAsync();
        await Task.WhenAll(_serving).WaitAsync(TestClient.Deadline);
    }
}
