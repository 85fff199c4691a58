using Mirror.Core.Fakes;
using Mirror.Core.Restore;
using Mirror.Core.Tests.Server;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Restore;

/// <summary>A server that lies, stalls and truncates: a restore ends right or with an error that names what was wrong, never wrong and never without end.</summary>
public sealed class HostileServerTests
{
    private const int Size = 4 << 20;

    private static readonly byte[] Content = ServerFixture.Random(Size, 1);

    private static readonly RestoreOptions Options = new() { Volume = "v", Server = "liar", RetryInterval = TimeSpan.FromMilliseconds(20) };

    [Fact]
    public async Task Data_that_is_not_what_the_hashes_say_is_found_by_the_last_pass_and_mended()
    {
        await using var server = new LyingServer(Content);
        bool lied = false;
        server.Change = (type, frame) =>
        {
            if (type != MessageType.Fetch || lied) return frame;
            lied = true;
            frame[^1] ^= 1;
            return frame;
        };
        var target = new FakeTarget(Size);
        RestoreResult result = await RestoreAsync(server, target);
        Assert.Equal(Content, target.Content);
        Assert.Equal(3, result.Passes);
    }

    [Fact]
    public async Task Data_that_is_always_wrong_is_never_called_a_restore()
    {
        await using var server = new LyingServer(Content);
        server.Change = (type, frame) =>
        {
            if (type == MessageType.Fetch) frame[^1] ^= 1;
            return frame;
        };
        RestoreException e = await Assert.ThrowsAsync<RestoreException>(() => RestoreAsync(server, new FakeTarget(Size)));
        Assert.Contains("still differ", e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> Lies() => ["another range of hashes", "another range of data", "hashes of another unit", "more data", "data nobody asked for", "a message of the mirror", "a view without size", "rubbish"];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task An_answer_to_another_question_ends_the_restore_by_name(string lie)
    {
        await using var server = new LyingServer(Content);
        server.Change = (type, frame) => (lie, type) switch
        {
            ("another range of hashes", MessageType.HashRequest) => Alter(frame, 1 + 1, 8),        // first sector
            ("another range of data", MessageType.Fetch) => Alter(frame, 1 + 1, 8),
            ("hashes of another unit", MessageType.HashRequest) => [.. LyingServer.FrameOf(new HashesMessage(0, 1, 4096, HashesFlags.AllZero))],
            ("more data", MessageType.Fetch) => [.. LyingServer.FrameOf(new DataMessage(0, 1 << 20)), .. new byte[1 << 20]],
            ("data nobody asked for", MessageType.HashRequest) => [.. LyingServer.FrameOf(new DataMessage(0, 512)), .. new byte[512]],
            ("a message of the mirror", MessageType.HashRequest) => LyingServer.FrameOf(new CommittedMessage(1, 2)),
            ("a view without size", MessageType.RestoreBegin) => Zeroed(frame, 2, 8),
            ("rubbish", MessageType.HashRequest) => [0xff, 0xff],
            _ => frame,
        };
        var target = new FakeTarget(Size);
        IOException e = await Assert.ThrowsAnyAsync<IOException>(() => RestoreAsync(server, target));
        Assert.True(e is ProtocolException || e.InnerException is ProtocolException, $"{e}");
        Assert.Equal(1, server.Connections);
        Assert.Equal(0, target.UnderWay);
    }

    [Fact]
    public async Task Streams_that_are_cut_at_random_bytes_are_taken_up_again()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        await using var server = new LyingServer(Content);
        int answers = 0;
        // The first contact is an error of its own, and the fourth answer is cut for certain, whatever the seed says.
        server.Change = (type, frame) => ++answers > 1 && server.Connections < 25 && (answers == 4 || random.Next(12) == 0) ? null : frame;
        var target = new FakeTarget(Size);
        try
        {
            await RestoreAsync(server, target);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
        }
        Assert.True(Content.AsSpan().SequenceEqual(target.Content), $"seed {seed}");
        Assert.True(server.Connections > 1, $"seed {seed}: nothing was cut");
    }

    [Fact]
    public async Task A_frame_that_is_cut_in_its_middle_counts_for_nothing()
    {
        await using var server = new LyingServer(Content);
        bool cut = false;
        server.Change = (type, frame) =>
        {
            if (type != MessageType.Fetch || cut) return frame;
            cut = true;
            return frame[..(frame.Length / 2)];     // and the rest never comes: the next frame is read as its end
        };
        var target = new FakeTarget(Size);
        // What follows is taken for data, then for heads that make no sense; whichever it is, it is not taken for a restore.
        try
        {
            await RestoreAsync(server, target, Options with { Silence = TimeSpan.FromMilliseconds(500) });
            Assert.Equal(Content, target.Content);
        }
        catch (IOException)
        {
            Assert.Equal(0, target.UnderWay);
        }
    }

    [Theory]
    [InlineData(true, "has not answered")]
    [InlineData(false, "silent")]
    public async Task A_server_that_stalls_is_left_and_given_up_in_the_end(bool alive, string words)
    {
        await using var server = new LyingServer(Content) { SaysAlive = alive };
        server.Change = (type, frame) => type == MessageType.Fetch ? [] : frame;
        RestoreOptions options = Options with { Silence = TimeSpan.FromMilliseconds(400), Patience = TimeSpan.FromMilliseconds(300), GiveUpAfter = TimeSpan.FromSeconds(1) };
        // A busy machine must not make one look like the other.
        options = alive ? options with { Silence = TimeSpan.FromMinutes(1) } : options with { Patience = TimeSpan.FromMinutes(1) };
        RestoreException e = await Assert.ThrowsAsync<RestoreException>(() => RestoreAsync(server, new FakeTarget(Size), options));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.True(server.Connections > 1);
    }

    private static Task<RestoreResult> RestoreAsync(LyingServer server, FakeTarget target, RestoreOptions? options = null) =>
        new RestoreRun(options ?? Options, server.ConnectAsync, target).RunAsync(null, CancellationToken.None).WaitAsync(TestClient.Deadline);

    private static byte[] Alter(byte[] frame, int from, int length)
    {
        // Another multiple of the unit that lies in the volume.
        ulong sector = BitConverter.ToUInt64(frame, from - 1) == 0 ? 2048UL : 0UL;
        BitConverter.TryWriteBytes(frame.AsSpan(from - 1, length), sector);
        return frame;
    }

    private static byte[] Zeroed(byte[] frame, int from, int length)
    {
        frame.AsSpan(from, length).Clear();
        return frame;
    }
}
