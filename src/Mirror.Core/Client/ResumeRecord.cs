using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Mirror.Core.Client;

/// <summary>
/// What a client must know to go on without a scan; kept with the pinned bitmaps (<see cref="Taps.ITap.SaveState"/>), so that it lives and
/// dies with them. Layout, little-endian: magic u32, version u32, server id 16, incarnation 16, acknowledged (n u64, random u64),
/// sent (n u64, random u64), flags u32, scan position in bytes u64, differing u64, differing in non-zero u64, non-zero u64, bytes of the disk u64,
/// attachment hash 16, volume hash 16, the first 8 bytes of SHA-256 over all before.
/// </summary>
public sealed record ResumeRecord
{
    private const uint Magic = 0x524d4431; // "1DMR"
    private const uint Version = 2;
    private const int Bytes = 4 + 4 + 16 + 16 + 32 + 4 + 32 + 8 + 16 + 16 + 8;

    /// <summary>Which server process tree holds the image; a random id that a server makes once for a store.</summary>
    public Guid Server { get; init; }

    /// <summary>The image's incarnation: changes whenever a scan begins.</summary>
    public Guid Incarnation { get; init; }

    /// <summary>The last mark that the server acknowledged.</summary>
    public MarkId Acknowledged { get; init; }

    /// <summary>The last mark that was sent; the server may hold it.</summary>
    public MarkId Sent { get; init; }

    /// <summary>Whether a scan of this incarnation has not ended.</summary>
    public bool Scanning { get; init; }

    /// <summary>Whether that scan compares first and sends afterwards.</summary>
    public bool Guarded { get; init; }

    /// <summary>Everything below is compared, and either equal or marked; bytes from the start of the volume.</summary>
    public long ScanPosition { get; init; }

    /// <summary>What a guarded scan has found so far.</summary>
    public ScanFindings Findings { get; init; }

    /// <summary>Bytes of the disk that the bitmaps account for. What a disk has gained since is pending, all of it.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Writes the record. <paramref name="volume"/> and <paramref name="attachment"/> are kept as hashes.</summary>
    public byte[] Encode(string volume, string attachment)
    {
        var bytes = new byte[Bytes];
        Span<byte> at = bytes;
        Put32(ref at, Magic);
        Put32(ref at, Version);
        PutGuid(ref at, Server);
        PutGuid(ref at, Incarnation);
        Put64(ref at, Acknowledged.Number);
        Put64(ref at, Acknowledged.Random);
        Put64(ref at, Sent.Number);
        Put64(ref at, Sent.Random);
        Put32(ref at, (Scanning ? 1u : 0) | (Guarded ? 2u : 0));
        Put64(ref at, (ulong)ScanPosition);
        Put64(ref at, (ulong)Findings.DifferingBytes);
        Put64(ref at, (ulong)Findings.DifferingNonZeroBytes);
        Put64(ref at, (ulong)Findings.NonZeroBytes);
        Put64(ref at, (ulong)SizeBytes);
        Hash(attachment).AsSpan(0, 16).CopyTo(at);
        Hash(volume).AsSpan(0, 16).CopyTo(at[16..]);
        at = at[32..];
        SHA256.HashData(bytes.AsSpan(0, Bytes - 8)).AsSpan(0, 8).CopyTo(at);
        return bytes;
    }

    /// <summary>Reads a record; null when there is none, when it is damaged, or when it was made for another volume or attachment of the disk.</summary>
    public static ResumeRecord? Decode(ReadOnlySpan<byte> bytes, string volume, string attachment)
    {
        if (bytes.Length < Bytes) return null;
        bytes = bytes[..Bytes];
        if (!SHA256.HashData(bytes[..^8]).AsSpan(0, 8).SequenceEqual(bytes[^8..])) return null;
        ReadOnlySpan<byte> at = bytes;
        if (Get32(ref at) != Magic || Get32(ref at) != Version) return null;
        var record = new ResumeRecord
        {
            Server = GetGuid(ref at),
            Incarnation = GetGuid(ref at),
            Acknowledged = new MarkId(Get64(ref at), Get64(ref at)),
            Sent = new MarkId(Get64(ref at), Get64(ref at)),
        };
        uint flags = Get32(ref at);
        record = record with
        {
            Scanning = (flags & 1) != 0,
            Guarded = (flags & 2) != 0,
            ScanPosition = (long)Get64(ref at),
            Findings = new ScanFindings((long)Get64(ref at), (long)Get64(ref at), (long)Get64(ref at)),
            SizeBytes = (long)Get64(ref at),
        };
        bool ours = attachment.Length > 0 && at[..16].SequenceEqual(Hash(attachment).AsSpan(0, 16)) && at[16..32].SequenceEqual(Hash(volume).AsSpan(0, 16));
        return ours && record is { ScanPosition: >= 0, SizeBytes: > 0 } ? record : null;
    }

    /// <summary>Whether a server that says this of itself holds at least what this record says it holds.</summary>
    public bool MatchesServer(Guid server, Guid incarnation, MarkId committed) =>
        server == Server && incarnation == Incarnation && (committed == Acknowledged || committed == Sent);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static void Put32(ref Span<byte> at, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(at, value);
        at = at[4..];
    }

    private static void Put64(ref Span<byte> at, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(at, value);
        at = at[8..];
    }

    private static void PutGuid(ref Span<byte> at, Guid value)
    {
        value.TryWriteBytes(at);
        at = at[16..];
    }

    private static uint Get32(ref ReadOnlySpan<byte> at)
    {
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(at);
        at = at[4..];
        return value;
    }

    private static ulong Get64(ref ReadOnlySpan<byte> at)
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(at);
        at = at[8..];
        return value;
    }

    private static Guid GetGuid(ref ReadOnlySpan<byte> at)
    {
        var value = new Guid(at[..16]);
        at = at[16..];
        return value;
    }
}
