using System.Buffers.Binary;
using Mirror.Core.Security;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

/// <summary>Each bound of docs/protocol.md: at it accepted, past it refused, with a message that names what was wrong.</summary>
public sealed class MessageLimitTests
{
    private const ulong Sectors = 10_000;

    private static FrameValidator Volume(ulong sectors = Sectors) => new(FrameSender.Client) { VolumeSectors = (long)sectors };

    private static byte[] Write(ulong first, uint bytes) => [0x11, .. U64(first), .. U32(bytes)];

    private static byte[] Zero(ulong first, ulong sectors) => [0x12, .. U64(first), .. U64(sectors)];

    private static byte[] HashRequest(ulong first, uint units, uint unitBytes) => [0x15, .. U64(first), .. U32(units), .. U32(unitBytes)];

    [Theory]
    [InlineData(0, 512, true)]
    [InlineData(0, 1 << 20, true)]
    [InlineData(0, (1 << 20) + 512, false)]
    [InlineData(0, 0, false)]
    [InlineData(0, 511, false)]
    [InlineData(0, 513, false)]
    [InlineData(0, uint.MaxValue, false)]
    [InlineData(0, 0x80000000, false)]
    [InlineData(0, 0xfffffe00, false)]
    [InlineData(9_999, 512, true)]
    [InlineData(9_999, 1024, false)]
    [InlineData(10_000, 512, false)]
    [InlineData(ulong.MaxValue, 512, false)]
    [InlineData(0xffff_ffff_ffff_fe00, 1 << 20, false)]
    [InlineData(1UL << 63, 512, false)]
    public void A_write_and_a_fetch_lie_in_the_volume(ulong first, uint bytes, bool allowed)
    {
        byte[] write = Write(first, bytes);
        Verdict(allowed, () => WriteMessage.Decode(write, Volume()));
        Verdict(allowed, () => FetchMessage.Decode([0x21, .. write[1..]], Volume()));
        Verdict(allowed, () => DataMessage.Decode([0x61, .. write[1..]], Volume()));
    }

    [Theory]
    [InlineData("daily-1", true)]
    [InlineData("", true)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("-x", false)]
    [InlineData("a b", false)]
    public void A_snapshot_is_a_name_and_no_path(string name, bool allowed)
    {
        byte[] text = System.Text.Encoding.ASCII.GetBytes(name);
        Verdict(allowed, () => RestoreBeginMessage.Decode([0x20, 0, (byte)text.Length, .. text], Volume()));
    }

    [Theory]
    [InlineData(0, 10_000, true)]
    [InlineData(0, 10_001, false)]
    [InlineData(9_999, 1, true)]
    [InlineData(9_999, 2, false)]
    [InlineData(10_000, 0, false)]
    [InlineData(10_000, 1, false)]
    [InlineData(0, 0, false)]
    [InlineData(1, ulong.MaxValue, false)]
    [InlineData(ulong.MaxValue, 1, false)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, false)]
    [InlineData(1UL << 63, 1UL << 63, false)]
    public void A_zero_range_lies_in_the_volume(ulong first, ulong sectors, bool allowed) =>
        Verdict(allowed, () => ZeroMessage.Decode(Zero(first, sectors), Volume()));

    [Theory]
    [InlineData(0, 1, 4096, true)]
    [InlineData(0, 1250, 4096, true)]
    [InlineData(0, 1251, 4096, false)]
    [InlineData(0, 5, 1 << 20, true)]           // the last unit begins at 8192 and reaches past 10000
    [InlineData(0, 6, 1 << 20, false)]
    [InlineData(9_992, 1, 4096, true)]
    [InlineData(10_000, 1, 4096, false)]
    [InlineData(4, 1, 4096, false)]             // not a multiple of the unit
    [InlineData(8, 1, 1 << 20, false)]
    [InlineData(0, 0, 4096, false)]
    [InlineData(0, 65537, 4096, false)]
    [InlineData(0, uint.MaxValue, 4096, false)]
    [InlineData(0, 1, 0, false)]
    [InlineData(0, 1, 512, false)]
    [InlineData(0, 1, 8192, false)]
    [InlineData(0xffff_ffff_ffff_fff8, 1, 4096, false)]
    public void Units_to_hash_begin_in_the_volume(ulong first, uint units, uint unitBytes, bool allowed)
    {
        byte[] request = HashRequest(first, units, unitBytes);
        Verdict(allowed, () => HashRequestMessage.Decode(request, Volume()));
        Verdict(allowed, () => HashesMessage.Decode([0x53, .. request[1..], 0], Volume()));
    }

    [Fact]
    public void The_most_units_are_allowed_on_a_large_volume() =>
        Assert.Equal(65536, HashRequestMessage.Decode(HashRequest(0, 65536, 1 << 20), Volume(1UL << 44)).Count);

    [Fact]
    public void Before_the_size_is_known_every_range_is_refused()
    {
        var validator = new FrameValidator(FrameSender.Client);
        Assert.Throws<ProtocolException>(() => WriteMessage.Decode(Write(0, 512), validator));
        Assert.Throws<ProtocolException>(() => ZeroMessage.Decode(Zero(0, 1), validator));
        Assert.Throws<ProtocolException>(() => HashRequestMessage.Decode(HashRequest(0, 1, 4096), validator));
    }

    [Theory]
    [InlineData(1, 512, 4096, true)]
    [InlineData(1UL << 44, 65536, 1 << 30, true)]
    [InlineData(0, 512, 4096, false)]
    [InlineData((1UL << 44) + 1, 512, 4096, false)]
    [InlineData(ulong.MaxValue, 512, 4096, false)]
    [InlineData(1, 256, 4096, false)]
    [InlineData(1, 131072, 4096, false)]
    [InlineData(1, 520, 4096, false)]
    [InlineData(1, 0, 4096, false)]
    [InlineData(1, 512, 2048, false)]
    [InlineData(1, 512, 0x80000000, false)]
    [InlineData(1, 512, 5000, false)]
    public void A_disk_has_a_possible_shape(ulong sectors, uint block, uint granule, bool allowed) =>
        Verdict(allowed, () => IdentifyMessage.Decode([0x03, 0, .. U64(sectors), .. U32(block), .. U32(granule), .. new byte[32], 1, 0, (byte)'x', 0], Volume()));

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(1, 64, true)]
    [InlineData(256, 64, true)]
    [InlineData(257, 0, false)]
    [InlineData(1, 65, false)]
    public void The_texts_of_identify_are_bounded(int identity, int host, bool allowed)
    {
        byte[] message = [0x03, 0, .. U64(1), .. U32(512), .. U32(4096), .. new byte[32], (byte)identity, (byte)(identity >> 8), .. Letters(identity), (byte)host, .. Letters(host)];
        Verdict(allowed, () => IdentifyMessage.Decode(message, Volume()));
    }

    [Theory]
    [InlineData(new byte[] { 0xff })]
    [InlineData(new byte[] { 0xc3 })]
    [InlineData(new byte[] { 0x1b, (byte)'[' })]
    [InlineData(new byte[] { 0x00 })]
    [InlineData(new byte[] { 0xc2, 0x9b })]
    [InlineData(new byte[] { 0xe2, 0x80, 0xae })]
    public void Text_that_could_fool_a_terminal_is_refused_from_a_client(byte[] text) =>
        Verdict(false, () => IdentifyMessage.Decode([0x03, 0, .. U64(1), .. U32(512), .. U32(4096), .. new byte[32], (byte)text.Length, 0, .. text, 0], Volume()));

    [Fact]
    public void Text_that_could_fool_a_terminal_is_cleaned_from_a_server() =>
        Assert.Equal("a?[31m b?", RefusedMessage.Decode([0x44, 1, 0, 0, 0, 9, 0, (byte)'a', 0x1b, .. "[31m b"u8, 0xff], Volume()).Text);

    [Fact]
    public void Texts_are_cleaned_and_cut_at_a_character_when_they_are_sent()
    {
        string serial = "S\0N\n" + new string('é', 200);
        var identify = new IdentifyMessage(IdentifyFlags.None, 1, 512, 4096, Guid.Empty, Guid.Empty, serial, "h\u001b");
        IdentifyMessage got = IdentifyMessage.Decode(FrameBytes.Of(identify), Volume());
        Assert.Equal("S?N?" + new string('é', 126), got.Identity);
        Assert.Equal("h?", got.HostName);

        var refused = new RefusedMessage(RefusalCode.StoreFailed, 1 << 20, new string('x', 1000));
        RefusedMessage heard = RefusedMessage.Decode(FrameBytes.Of(refused), Volume());
        Assert.Equal(512, heard.Text.Length);
        Assert.Equal(ushort.MaxValue, heard.RetryAfterSeconds);
    }

    [Fact]
    public void A_refusal_of_more_than_512_bytes_is_refused_itself() =>
        Verdict(false, () => RefusedMessage.Decode([0x44, 1, 0, 0, 0, 1, 2, .. Letters(513)], Volume()));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(255, false)]
    public void States_are_known_ones(byte state, bool allowed)
    {
        Verdict(allowed, () => StateMessage.Decode([0x10, state], Volume()));
        Verdict(allowed, () => StateOkMessage.Decode([0x50, state], Volume()));
        Verdict(allowed || state == 0, () => AliveMessage.Decode([0x17, state, 0, .. new byte[24]], Volume()));
    }

    [Theory]
    [InlineData(2, 0, true)]
    [InlineData(3, 0, false)]
    [InlineData(0, 1UL << 53, true)]
    [InlineData(0, (1UL << 53) + 1, false)]
    [InlineData(0, ulong.MaxValue, false)]
    public void Reports_are_bounded(byte rate, ulong bytes, bool allowed)
    {
        for (int field = 0; field < 3; field++)
        {
            byte[] counts = new byte[24];
            U64(bytes).CopyTo(counts, field * 8);
            Verdict(allowed, () => AliveMessage.Decode([0x17, 0, rate, .. counts], Volume()));
        }
    }

    [Theory]
    [InlineData(5, 5, 0, true)]
    [InlineData(5, 6, 9, false)]
    [InlineData((1UL << 53) + 1, 0, 0, false)]
    [InlineData(0, 0, ulong.MaxValue, false)]
    public void What_a_scan_compared_is_possible(ulong different, ulong nonZeroOfThese, ulong nonZero, bool allowed) =>
        Verdict(allowed, () => ScanComparedMessage.Decode([0x16, .. U64(different), .. U64(nonZeroOfThese), .. U64(nonZero)], Volume()));

    [Theory]
    [InlineData(0, Sectors, 0, true)]
    [InlineData(0, Sectors + 1, 0, false)]
    [InlineData(0, ulong.MaxValue, 0, false)]
    [InlineData(0, 0, 253_402_300_799_999, true)]
    [InlineData(0, 0, 253_402_300_800_000, false)]
    [InlineData(1, 0, 0, true)]
    [InlineData(2, 0, 0, false)]
    public void A_mark_is_possible(byte flags, ulong position, ulong time, bool allowed) =>
        Verdict(allowed, () => MarkMessage.Decode([0x13, .. U64(1), .. U64(2), flags, .. U64(position), .. U64(time)], Volume()));

    [Fact]
    public void Flags_that_are_not_defined_are_refused()
    {
        Verdict(false, () => ScanBeginMessage.Decode([0x14, 2], Volume()));
        Verdict(false, () => ScanBegunMessage.Decode([0x52, .. new byte[16], 2], Volume()));
        Verdict(false, () => WelcomeMessage.Decode([0x43, 4, .. new byte[80]], Volume()));
        Verdict(true, () => WelcomeMessage.Decode([0x43, 3, .. new byte[80]], Volume()));
        Verdict(false, () => HashesMessage.Decode([0x53, .. U64(0), .. U32(1), .. U32(4096), 2], Volume()));
        Verdict(false, () => IdentifyMessage.Decode([0x03, 8, .. U64(1), .. U32(512), .. U32(4096), .. new byte[32], 1, 0, (byte)'x', 0], Volume()));
    }

    [Theory]
    [InlineData("DMIR", 1, 1, 1, "vol", true)]
    [InlineData("DMIr", 1, 1, 1, "vol", false)]
    [InlineData("DMIR", 2, 1, 1, "vol", false)]
    [InlineData("DMIR", 1, 1, 0, "vol", false)]
    [InlineData("DMIR", 1, 1, 3, "vol", false)]
    [InlineData("DMIR", 1, 1, 1, "", false)]
    [InlineData("DMIR", 1, 1, 1, "../up", false)]
    [InlineData("DMIR", 1, 1, 1, "a/b", false)]
    [InlineData("DMIR", 1, 1, 1, "a\0b", false)]
    [InlineData("DMIR", 1, 1, 1, "é", false)]
    public void A_hello_is_possible(string magic, ushort lowest, ushort highest, byte right, string volume, bool allowed)
    {
        byte[] name = System.Text.Encoding.UTF8.GetBytes(volume);
        byte[] hello = [0x01, .. System.Text.Encoding.ASCII.GetBytes(magic), (byte)lowest, 0, (byte)highest, 0, .. U64(0), right, (byte)name.Length, .. name, .. new byte[32]];
        Verdict(allowed, () => HelloMessage.Decode(hello, Volume()));
    }

    [Fact]
    public void A_volume_name_of_64_characters_is_allowed_and_no_longer_one()
    {
        var hello = new HelloMessage(1, 1, 0, MirrorRight.Mirror, new string('v', 64), default);
        Assert.Equal(HelloMessage.MaxSize, FrameBytes.Of(hello).Length);
        Verdict(false, () => HelloMessage.Decode([0x01, .. "DMIR"u8, 1, 0, 1, 0, .. U64(0), 1, 65, .. Letters(65), .. new byte[32]], Volume()));
        Assert.Throws<ArgumentException>(() => FrameBytes.Of(hello with { Volume = new string('v', 65) }));
    }

    [Fact]
    public void Each_side_may_send_its_own_messages_only()
    {
        for (int value = 0; value < 256; value++)
        {
            bool client = value is 0x03 or >= 0x10 and <= 0x18 or 0x20 or 0x21, server = value is 0x43 or 0x44 or 0x17 or >= 0x50 and <= 0x54 or 0x60 or 0x61;
            Verdict(client, () => new FrameValidator(FrameSender.Client).StreamType((byte)value));
            Verdict(server, () => new FrameValidator(FrameSender.Server).StreamType((byte)value));
        }
    }

    [Fact]
    public void The_message_names_what_was_wrong()
    {
        var e = Assert.Throws<ProtocolException>(() => WriteMessage.Decode(Write(9_999, 1024), Volume()));
        Assert.Equal("WRITE: 2 sectors from sector 9999 on are not all in a volume of 10000 sectors.", e.Message);
        Assert.Equal(MessageType.Write, e.Type);
    }

    private static void Verdict(bool allowed, Func<object> decode)
    {
        if (allowed) decode();
        else Assert.Throws<ProtocolException>(() => { decode(); });
    }

    private static byte[] Letters(int count) => Enumerable.Repeat((byte)'v', count).ToArray();

    private static byte[] U32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] U64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
