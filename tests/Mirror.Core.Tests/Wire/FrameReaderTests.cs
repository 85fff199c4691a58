using System.Diagnostics;
using System.Reflection;
using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

public sealed class FrameReaderTests
{
    private const long VolumeSectors = 1L << 30;

    private static byte[] Data(int bytes, int seed = 1)
    {
        byte[] data = new byte[bytes];
        new Random(seed).NextBytes(data);
        return data;
    }

    private static FrameReader Reader(Stream stream, FrameSender sender, PayloadPool pool, int buffer = FrameReader.DefaultBufferBytes) =>
        new(stream, new FrameValidator(sender) { VolumeSectors = VolumeSectors }, pool, buffer);

    /// <summary>A stream of a client: every message that it sends.</summary>
    internal static byte[] ClientStream() =>
    [
        .. FrameBytes.Of(new IdentifyMessage(IdentifyFlags.Adopt, VolumeSectors, 512, 4096, Guid.NewGuid(), Guid.NewGuid(), "wwn-1", "host")),
        .. FrameBytes.Of(new ScanBeginMessage(ScanBeginFlags.None)),
        .. FrameBytes.Of(new HashRequestMessage(0, 5, 4096)),
        .. FrameBytes.Of(new ScanComparedMessage(3, 2, 1)),
        .. FrameBytes.Of(new StateMessage(StreamState.CatchUp)),
        .. FrameBytes.Of(new WriteMessage(8, 1536)), .. Data(1536),
        .. FrameBytes.Of(new ZeroMessage(1, 2)),
        .. FrameBytes.Of(new AliveMessage(StreamState.Live, TapRate.Lo, 1, 2, 3)),
        .. FrameBytes.Of(new MarkMessage(1, 2, MarkFlags.Consistent, 3, 4)),
        .. FrameBytes.Of(default(ByeMessage)),
    ];

    /// <summary>A stream of a server: every message that it sends.</summary>
    internal static byte[] ServerStream() =>
    [
        .. FrameBytes.Of(new WelcomeMessage(WelcomeFlags.None, Guid.NewGuid(), default, 1, 2, Guid.NewGuid())),
        .. FrameBytes.Of(new ScanBegunMessage(Guid.NewGuid(), ScanBegunFlags.Guarded)),
        .. FrameBytes.Of(new HashesMessage(0, 7, 4096, HashesFlags.None)), .. Data(7 * 16),
        .. FrameBytes.Of(new HashesMessage(0, 9, 4096, HashesFlags.AllZero)),
        .. FrameBytes.Of(default(ScanProceedMessage)),
        .. FrameBytes.Of(new StateOkMessage(StreamState.Live)),
        .. FrameBytes.Of(new CommittedMessage(1, 2)),
        .. FrameBytes.Of(default(AliveMessage)),
        .. FrameBytes.Of(new RefusedMessage(RefusalCode.Busy, 5, "later")),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(int.MaxValue)]
    public async Task Frames_come_out_as_they_went_in_whatever_pieces_they_arrive_in(int piece)
    {
        var pool = new PayloadPool(1);
        using FrameReader client = Reader(new ScriptedStream(ClientStream(), piece), FrameSender.Client, pool, WireLimits.MaxHeadBytes);
        MessageType[] types = [MessageType.Identify, MessageType.ScanBegin, MessageType.HashRequest, MessageType.ScanCompared, MessageType.State];
        foreach (MessageType type in types) Assert.Equal(type, await client.ReadAsync(default));
        Assert.Equal(MessageType.Write, await client.ReadAsync(default));
        Assert.Equal(new WriteMessage(8, 1536), client.Message<WriteMessage>());
        Assert.Equal(Data(1536), client.Payload!.Span.ToArray());
        Assert.Equal(MessageType.Zero, await client.ReadAsync(default));
        Assert.Equal(new ZeroMessage(1, 2), client.Message<ZeroMessage>());
        Assert.Null(client.Payload);
        Assert.Throws<InvalidOperationException>(() => client.Message<WriteMessage>());
        Assert.Equal(MessageType.Alive, await client.ReadAsync(default));
        Assert.Equal(new AliveMessage(StreamState.Live, TapRate.Lo, 1, 2, 3), client.Message<AliveMessage>());
        Assert.Equal(MessageType.Mark, await client.ReadAsync(default));
        Assert.Equal(new MarkMessage(1, 2, MarkFlags.Consistent, 3, 4), client.Message<MarkMessage>());
        Assert.Equal(MessageType.Bye, await client.ReadAsync(default));
        Assert.Equal(MessageType.None, await client.ReadAsync(default));
        Assert.Equal(ClientStream().Length, client.BytesRead);

        using FrameReader server = Reader(new ScriptedStream(ServerStream(), piece), FrameSender.Server, pool, WireLimits.MaxHeadBytes);
        Assert.Equal(MessageType.Welcome, await server.ReadAsync(default));
        Assert.Equal(MessageType.ScanBegun, await server.ReadAsync(default));
        Assert.Equal(MessageType.Hashes, await server.ReadAsync(default));
        Assert.Equal(Data(7 * 16), server.Payload!.Span.ToArray());
        Assert.Equal(MessageType.Hashes, await server.ReadAsync(default));
        Assert.Null(server.Payload);
        types = [MessageType.ScanProceed, MessageType.StateOk, MessageType.Committed, MessageType.Alive, MessageType.Refused];
        foreach (MessageType type in types) Assert.Equal(type, await server.ReadAsync(default));
        Assert.Equal("later", server.Message<RefusedMessage>().Text);
        Assert.Equal(MessageType.None, await server.ReadAsync(default));
        Assert.Equal(1, pool.Available);
    }

    [Fact]
    public async Task A_stream_cut_at_any_byte_ends_at_a_frame_or_says_inside_which()
    {
        var pool = new PayloadPool(1);
        foreach ((byte[] whole, FrameSender sender) in new[] { (ClientStream(), FrameSender.Client), (ServerStream(), FrameSender.Server) })
        {
            var ends = new HashSet<int> { 0 };
            using (FrameReader reader = Reader(new ScriptedStream(whole, 1), sender, pool))
            {
                while (await reader.ReadAsync(default) != MessageType.None) ends.Add((int)reader.BytesRead);
            }
            Assert.Contains(whole.Length, ends);
            for (int cut = 0; cut < whole.Length; cut++)
            {
                using FrameReader reader = Reader(new ScriptedStream(whole[..cut]), sender, pool, WireLimits.MaxHeadBytes);
                bool inside = false;
                try
                {
                    while (await reader.ReadAsync(default) != MessageType.None)
                    {
                    }
                }
                catch (EndOfStreamException)
                {
                    inside = true;
                }
                Assert.Equal(!ends.Contains(cut), inside);
            }
        }
        Assert.Equal(1, pool.Available);
    }

    [Fact]
    public async Task The_largest_write_fills_an_aligned_buffer_that_can_be_taken_over()
    {
        byte[] data = Data(WireLimits.MaxWriteBytes);
        byte[] stream = [.. FrameBytes.Of(new WriteMessage(0, data.Length)), .. data, .. FrameBytes.Of(new WriteMessage(0, 512)), .. data[..512]];
        var pool = new PayloadPool(2);
        using FrameReader reader = Reader(new ScriptedStream(stream, 16 * 1024), FrameSender.Client, pool);
        Assert.Equal(MessageType.Write, await reader.ReadAsync(default));
        PayloadBuffer taken = reader.TakePayload();
        Assert.Throws<InvalidOperationException>(() => reader.TakePayload());
        Assert.Equal(MessageType.Write, await reader.ReadAsync(default));
        Assert.Equal(0, pool.Available);
        Assert.Equal(data[..512], reader.Payload!.Span.ToArray());
        Assert.True(taken.Span.SequenceEqual(data), "The buffer that was taken over has changed.");
        long address = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(taken.All, out ArraySegment<byte> segment)
            ? System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(segment.Array!, segment.Offset)
            : throw new InvalidOperationException("The buffer has no array.");
        Assert.Equal(0, address % AlignedMemory.Alignment);
        taken.Dispose();
        Assert.Throws<InvalidOperationException>(taken.Dispose);
        Assert.Equal(MessageType.None, await reader.ReadAsync(default));
        Assert.Equal(2, pool.Available);
    }

    [Fact]
    public async Task When_all_buffers_are_out_the_reader_waits_for_one()
    {
        byte[] frame = [.. FrameBytes.Of(new WriteMessage(0, 512)), .. Data(512)];
        var pool = new PayloadPool(1);
        using FrameReader reader = Reader(new ScriptedStream([.. frame, .. frame]), FrameSender.Client, pool);
        await reader.ReadAsync(default);
        PayloadBuffer held = reader.TakePayload();
        Task<MessageType> waiting = reader.ReadAsync(default).AsTask();
        Assert.False(waiting.IsCompleted);
        held.Dispose();
        Assert.Equal(MessageType.Write, await waiting.WaitAsync(HandshakeFixture.Deadline));

        held = reader.TakePayload();
        using FrameReader other = Reader(new ScriptedStream(frame), FrameSender.Client, pool);
        using var cancel = new CancellationTokenSource();
        waiting = other.ReadAsync(cancel.Token).AsTask();
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        held.Dispose();
        Assert.Equal(1, pool.Available);
    }

    [Fact]
    public async Task A_length_past_the_limit_is_refused_before_a_buffer_is_taken()
    {
        var pool = new PayloadPool(1);
        Assert.True(pool.TryRent(out PayloadBuffer? all));
        using FrameReader reader = Reader(new ScriptedStream([0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 16, 0]), FrameSender.Client, pool);
        await Assert.ThrowsAsync<ProtocolException>(() => reader.ReadAsync(default).AsTask().WaitAsync(HandshakeFixture.Deadline));
        all!.Dispose();
    }

    [Fact]
    public async Task Reading_allocates_nothing_by_the_frame()
    {
        byte[] one = [.. FrameBytes.Of(new WriteMessage(8, 4096)), .. Data(4096), .. FrameBytes.Of(new ZeroMessage(1, 2)), .. FrameBytes.Of(new MarkMessage(1, 2, MarkFlags.None, 3, 4))];
        byte[] many = Enumerable.Repeat(one, 2000).SelectMany(b => b).ToArray();
        var pool = new PayloadPool(1);
        for (int warm = 0; warm < 3; warm++) await ReadAllAsync();
        long before = GC.GetAllocatedBytesForCurrentThread();
        await ReadAllAsync();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // The reader's own buffer. Without optimisation the compiler makes an object of each asynchronous call.
        bool optimised = typeof(FrameReader).Assembly.GetCustomAttribute<DebuggableAttribute>() is not { IsJITOptimizerDisabled: true };
        long most = 2 * FrameReader.DefaultBufferBytes + (optimised ? 0 : 2000 * 256);
        Assert.True(allocated < most, $"{allocated} bytes for 6000 frames.");

        async Task ReadAllAsync()
        {
            using FrameReader reader = Reader(new ScriptedStream(many, 16 * 1024), FrameSender.Client, pool);
            while (await reader.ReadAsync(default) != MessageType.None)
            {
            }
        }
    }
}
