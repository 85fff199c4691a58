using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mirror.Core.Wire;

/// <summary>
/// The tags by which a scan compares disk and image (docs/protocol.md section 5, Tags): sixteen zero bytes for a unit that is all zero, else
/// AES-256-GMAC with the volume's hash key over the unit, its size and its number. One instance for each thread.
/// </summary>
public sealed class UnitHasher(Bytes32 hashKey) : IDisposable
{
    private readonly AesGcm _gmac = new(hashKey.ToArray(), WireLimits.TagBytes);

    /// <summary>The tag of one unit.</summary>
    /// <param name="unit">Its bytes; fewer than <paramref name="unitBytes"/> only where the volume ends.</param>
    /// <param name="unitBytes">4096 or 1048576.</param>
    /// <param name="number">Its first byte's place in the volume, divided by <paramref name="unitBytes"/>.</param>
    /// <param name="tag">Sixteen bytes.</param>
    /// <returns>False when the unit is all zero.</returns>
    public bool Hash(ReadOnlySpan<byte> unit, int unitBytes, long number, Span<byte> tag)
    {
        if (unit.IsEmpty || unit.Length > unitBytes) throw new ArgumentException($"{unit.Length} bytes are no unit of {unitBytes}.", nameof(unit));
        if (IsZero(unit))
        {
            tag[..WireLimits.TagBytes].Clear();
            return false;
        }
        Span<byte> nonce = stackalloc byte[sizeof(uint) + sizeof(ulong)];
        BinaryPrimitives.WriteUInt32LittleEndian(nonce, (uint)unitBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[sizeof(uint)..], (ulong)number);
        _gmac.Encrypt(nonce, [], [], tag[..WireLimits.TagBytes], unit);
        return true;
    }

    /// <summary>The tags of consecutive units.</summary>
    /// <param name="data">Their bytes; the last unit may be shorter where the volume ends.</param>
    /// <param name="unitBytes">4096 or 1048576.</param>
    /// <param name="firstNumber">The number of the first unit.</param>
    /// <param name="tags">Sixteen bytes for each.</param>
    /// <returns>How many units are not all zero.</returns>
    public int HashAll(ReadOnlySpan<byte> data, int unitBytes, long firstNumber, Span<byte> tags)
    {
        int notZero = 0;
        for (long number = firstNumber; !data.IsEmpty; number++)
        {
            ReadOnlySpan<byte> unit = data[..Math.Min(unitBytes, data.Length)];
            if (Hash(unit, unitBytes, number, tags)) notZero++;
            data = data[unit.Length..];
            tags = tags[WireLimits.TagBytes..];
        }
        return notZero;
    }

    /// <summary>Whether all bytes are zero. Stops at the first that is not.</summary>
    public static bool IsZero(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept((byte)0) < 0;

    /// <inheritdoc/>
    public void Dispose() => _gmac.Dispose();
}
