using Mirror.Core.Security;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

/// <summary>Every message of docs/protocol.md against bytes that were written out by hand from its tables.</summary>
public sealed class MessageVectorTests
{
    private const long VolumeSectors = 0x0000_0100_0000_0000;

    private static readonly Guid IdA = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly Guid IdB = Guid.Parse("f0e1d2c3-b4a5-9687-7869-5a4b3c2d1e0f");

    [Fact]
    public void Hello() => Check(new HelloMessage(1, 2, 0x0102030405060708, MirrorRight.Restore, "db-1", FrameBytes.Run(0x20)),
        """
        01 444d4952 0100 0200 0807060504030201 02 04 64622d31
        202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f
        """);

    [Fact]
    public void Challenge() => Check(new ChallengeMessage(0x0201, 5, FrameBytes.Run(0x40)),
        "41 444d4952 0102 0500000000000000 404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f");

    [Fact]
    public void Proof() => Check(new ProofMessage(FrameBytes.Run(0)), "02 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");

    [Fact]
    public void Proved() => Check(new ProvedMessage(FrameBytes.Run(1)), "42 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20");

    [Fact]
    public void Identify() => Check(new IdentifyMessage(IdentifyFlags.Adopt | IdentifyFlags.RescanOnly, 0x0000_0100_0000_0000, 4096, 65536, IdA, IdB, "wwn é", "host"),
        """
        03 05 0000000000010000 00100000 00000100
        00112233445566778899aabbccddeeff f0e1d2c3b4a5968778695a4b3c2d1e0f
        0600 77776e20c3a9 04 686f7374
        """);

    [Fact]
    public void Identify_without_a_host_name() => Check(new IdentifyMessage(IdentifyFlags.None, 1, 512, 4096, Guid.Empty, IdB, "x", ""),
        "03 00 0100000000000000 00020000 00100000 00000000000000000000000000000000 f0e1d2c3b4a5968778695a4b3c2d1e0f 0100 78 00");

    [Fact]
    public void Welcome() => Check(new WelcomeMessage(WelcomeFlags.HasBeenConsistent | WelcomeFlags.GuardedScanUnfinished, IdA, FrameBytes.Run(0x60), 7, 0xfedcba9876543210, IdB),
        """
        43 03 00112233445566778899aabbccddeeff 606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f
        0700000000000000 1032547698badcfe f0e1d2c3b4a5968778695a4b3c2d1e0f
        """);

    [Fact]
    public void Refused() => Check(new RefusedMessage(RefusalCode.StoreFull, 300, "no room"), "44 0300 2c01 0700 6e6f20726f6f6d");

    [Fact]
    public void Refused_with_a_code_of_a_newer_server() => Check(new RefusedMessage((RefusalCode)0x1234, 0, ""), "44 3412 0000 0000");

    [Fact]
    public void State() => Check(new StateMessage(StreamState.Live), "10 03");

    [Fact]
    public void StateOk() => Check(new StateOkMessage(StreamState.Rescan), "50 04");

    [Fact]
    public void Write() => Check(new WriteMessage(0x0000_00ab_cdef_0123, 1 << 20), "11 2301efcdab000000 00001000");

    [Fact]
    public void Zero() => Check(new ZeroMessage(1, 0x0000_00ff_ffff_fffe), "12 0100000000000000 feffffffff000000");

    [Fact]
    public void Mark() => Check(new MarkMessage(0x0102, ulong.MaxValue, MarkFlags.Consistent, 0x30, 0x0000_0198_0000_0001),
        "13 0201000000000000 ffffffffffffffff 01 3000000000000000 0100000098010000");

    [Fact]
    public void ScanBegin() => Check(new ScanBeginMessage(ScanBeginFlags.Continue), "14 01");

    [Fact]
    public void ScanBegun() => Check(new ScanBegunMessage(IdA, ScanBegunFlags.Guarded), "52 00112233445566778899aabbccddeeff 01");

    [Fact]
    public void HashRequest() => Check(new HashRequestMessage(0x1000, 65536, 4096), "15 0010000000000000 00000100 00100000");

    [Fact]
    public void Hashes() => Check(new HashesMessage(0x1000, 3, 1 << 20, HashesFlags.AllZero), "53 0010000000000000 03000000 00001000 01");

    [Fact]
    public void ScanCompared() => Check(new ScanComparedMessage(0x300, 0x200, 0x100), "16 0003000000000000 0002000000000000 0001000000000000");

    [Fact]
    public void Alive() => Check(new AliveMessage(StreamState.CatchUp, TapRate.Hi, 1, 2, 3), "17 02 02 0100000000000000 0200000000000000 0300000000000000");

    [Fact]
    public void Alive_of_the_server_is_all_zero() => Check(default(AliveMessage), "17 00 00 0000000000000000 0000000000000000 0000000000000000");

    [Fact]
    public void Committed() => Check(new CommittedMessage(0x0807060504030201, 0x1817161514131211), "51 0102030405060708 1112131415161718");

    [Fact]
    public void Bye() => Check(default(ByeMessage), "18");

    [Fact]
    public void ScanProceed() => Check(default(ScanProceedMessage), "54");

    [Fact]
    public void RestoreBegin() => Check(new RestoreBeginMessage(RestoreBeginFlags.AsItIs, "daily-3"), "20 01 07 6461696c792d33");

    [Fact]
    public void RestoreBegin_of_the_newest() => Check(new RestoreBeginMessage(RestoreBeginFlags.None, ""), "20 00 00");

    [Fact]
    public void Fetch() => Check(new FetchMessage(0x0000_00ab_cdef_0123, 1 << 20), "21 2301efcdab000000 00001000");

    [Fact]
    public void RestoreView() => Check(
        new RestoreViewMessage(RestoreViewFlags.Consistent, 0x0000_0100_0000_0000, 4096, IdA, FrameBytes.Run(0x60), 7, 0x0000_0198_0000_0001, 0x300, "wwn é"),
        """
        60 01 0000000000010000 00100000 00112233445566778899aabbccddeeff
        606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f
        0700000000000000 0100000098010000 0003000000000000 0600 77776e20c3a9
        """);

    [Fact]
    public void Data() => Check(new DataMessage(0x0000_00ab_cdef_0123, 512), "61 2301efcdab000000 00020000");

    [Fact]
    public void Every_message_type_has_a_vector()
    {
        var facts = typeof(MessageVectorTests).GetMethods().Select(m => m.Name).ToHashSet();
        Assert.All(Enum.GetNames<MessageType>().Where(n => n != nameof(MessageType.None)), name => Assert.Contains(name, facts));
    }

    /// <summary>Encodes to just these bytes, decodes from them to the same message, and from no other length or type.</summary>
    private static void Check<T>(T message, string hex) where T : struct, IMessage<T>
    {
        byte[] expected = FrameBytes.Hex(hex);
        var validator = new FrameValidator(FrameSender.Client) { VolumeSectors = VolumeSectors };
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(FrameBytes.Of(message)));
        Assert.Equal(message, T.Decode(expected, validator));
        Assert.Equal((byte)T.Type, expected[0]);
        for (int cut = 0; cut < expected.Length; cut++) Assert.Throws<ProtocolException>(() => T.Decode(expected.AsSpan(0, cut), validator));
        Assert.Throws<ProtocolException>(() => T.Decode([.. expected, 0], validator));
        expected[0] ^= 0x20;
        Assert.Throws<ProtocolException>(() => T.Decode(expected, validator));
    }
}
