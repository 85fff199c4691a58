using System.Text;
using Mirror.Core.Security;

namespace Mirror.Core.Wire;

/// <summary>RESTORE_BEGIN, client with right <c>restore</c>: which view of the image it wants to read.</summary>
/// <param name="Flags">What will do.</param>
/// <param name="Snapshot">A snapshot's name; empty for the newest consistent state.</param>
public readonly record struct RestoreBeginMessage(RestoreBeginFlags Flags, string Snapshot) : IMessage<RestoreBeginMessage>
{
    private const int HeadSize = 1 + 1 + 1;

    public static MessageType Type => MessageType.RestoreBegin;

    public int EncodedBytes => HeadSize + Snapshot.Length;

    /// <summary>Bytes that are needed to know more, at last those of the whole message.</summary>
    internal static int Measure(ReadOnlySpan<byte> soFar) => soFar.Length < HeadSize
        ? HeadSize
        : HeadSize + FrameValidator.Length(Type, "snapshot name", soFar[HeadSize - 1], 0, WireLimits.MaxSnapshotNameBytes);

    // type 0x20, flags u8, snapshot length u8, snapshot
    public int Encode(Span<byte> destination)
    {
        if (Snapshot.Length > 0 && !VolumeName.IsValid(Snapshot)) throw new ArgumentException($"'{Snapshot}' is not a snapshot's name. {VolumeName.Rule}");
        var w = new WireWriter(destination, Type);
        w.UInt8((byte)Flags);
        w.UInt8((byte)Snapshot.Length);
        w.Bytes(Encoding.ASCII.GetBytes(Snapshot));
        return w.Written;
    }

    public static RestoreBeginMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        var flags = (RestoreBeginFlags)FrameValidator.Flags(Type, r.UInt8(), (byte)RestoreBeginFlags.AsItIs);
        int length = FrameValidator.Length(Type, "snapshot name", r.UInt8(), 0, WireLimits.MaxSnapshotNameBytes);
        ReadOnlySpan<byte> name = r.Bytes(length);
        r.End();
        // The name becomes part of a path at the server.
        if (length > 0 && !VolumeName.IsValid(name)) throw new ProtocolException(Type, "the snapshot's name holds characters that are not allowed");
        return new RestoreBeginMessage(flags, Encoding.ASCII.GetString(name));
    }
}
