using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

public sealed class FrameBufferTests
{
    private static async Task<List<(MessageType Type, long Sector, byte[] Data)>> ReadAsync(FrameBuffer buffer)
    {
        var frames = new List<(MessageType, long, byte[])>();
        using var reader = new FrameReader(new ScriptedStream(buffer.Frames.ToArray()), new FrameValidator(FrameSender.Client) { VolumeSectors = 1 << 30 }, new PayloadPool(1));
        while (await reader.ReadAsync(default) is var type and not MessageType.None)
            frames.Add((type, type == MessageType.Write ? reader.Message<WriteMessage>().FirstSector : -1, reader.Payload?.Span.ToArray() ?? []));
        return frames;
    }

    private static byte[] Data(int sectors, byte value) => Enumerable.Repeat(value, sectors * 512).ToArray();

    [Fact]
    public async Task Contiguous_data_becomes_one_write_and_a_gap_or_a_message_ends_it()
    {
        var buffer = new FrameBuffer();
        Assert.True(buffer.TryWriteAt(10));
        Assert.Equal(1024, buffer.Add(Data(2, 1)));
        Assert.True(buffer.TryWriteAt(12));
        Assert.Equal(512, buffer.Add(Data(1, 2)));
        Assert.Equal(13, buffer.NextSector);
        Assert.True(buffer.TryWriteAt(20));
        Data(1, 3).CopyTo(buffer.WriteSpace);
        buffer.Advance(512);
        Assert.True(buffer.TryAppend(new MarkMessage(1, 2, MarkFlags.None, 0, 0)));
        Assert.False(buffer.InWrite);
        Assert.True(buffer.TryWriteAt(21));
        buffer.Add(Data(1, 4));
        Assert.Throws<InvalidOperationException>(() => buffer.Frames);
        buffer.EndWrite();

        var frames = await ReadAsync(buffer);
        Assert.Equal([MessageType.Write, MessageType.Write, MessageType.Mark, MessageType.Write], frames.Select(f => f.Type));
        Assert.Equal([10, 20, -1, 21], frames.Select(f => f.Sector));
        Assert.Equal([.. Data(2, 1), .. Data(1, 2)], frames[0].Data);
        Assert.Equal(Data(1, 3), frames[1].Data);
        Assert.Equal(Data(1, 4), frames[3].Data);
    }

    [Fact]
    public async Task A_write_without_data_leaves_no_trace()
    {
        var buffer = new FrameBuffer();
        Assert.True(buffer.TryWriteAt(10));
        Assert.True(buffer.TryWriteAt(11));
        Assert.True(buffer.TryAppend(default(ByeMessage)));
        Assert.Equal(1, buffer.Length);
        Assert.Equal([MessageType.Bye], (await ReadAsync(buffer)).Select(f => f.Type));
    }

    [Fact]
    public async Task A_write_ends_at_one_mebibyte_and_the_next_begins_where_it_ended()
    {
        var buffer = new FrameBuffer(3 << 20);
        byte[] data = Data(2048 + 8, 7);
        Assert.True(buffer.TryWriteAt(100));
        int taken = buffer.Add(data);
        Assert.Equal(1 << 20, taken);
        Assert.Equal(0, buffer.WriteRoom);
        Assert.True(buffer.TryWriteAt(100 + 2048));
        Assert.Equal(data.Length - taken, buffer.Add(data.AsSpan(taken)));
        buffer.EndWrite();
        Assert.Equal([(100L, 1 << 20), (2148L, 4096)], (await ReadAsync(buffer)).Select(f => (f.Sector, f.Data.Length)));
    }

    [Fact]
    public void The_usual_size_holds_the_largest_write_and_a_mark()
    {
        var buffer = new FrameBuffer();
        Assert.True(buffer.TryWriteAt(0));
        Assert.Equal(1 << 20, buffer.Add(Data(2048, 1)));
        Assert.True(buffer.TryAppend(new MarkMessage(1, 2, MarkFlags.None, 0, 0)));
    }

    [Fact]
    public void A_full_buffer_takes_nothing_and_stays_whole()
    {
        var buffer = new FrameBuffer(WriteMessage.Size + 512 + 100);
        Assert.True(buffer.TryWriteAt(0));
        Assert.Equal(512, buffer.Add(Data(1, 1)));
        Assert.Equal(0, buffer.Add(Data(1, 1)));
        Assert.False(buffer.TryWriteAt(1));
        int length = buffer.Length;
        Assert.True(buffer.TryAppend(new ZeroMessage(1, 1)));
        while (buffer.TryAppend(new ZeroMessage(1, 1))) length += ZeroMessage.Size;
        Assert.Equal(length + ZeroMessage.Size, buffer.Length);
        buffer.Clear();
        Assert.True(buffer.IsEmpty);
        Assert.True(buffer.TryWriteAt(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(100));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(1024));
    }
}
