using System.Security.Cryptography;
using Mirror.Dump.Encryption.Age;

namespace Mirror.Dump.Encryption;

/// <summary>
/// Opens encrypted volumes with the identities or the passphrase at hand. A key that opened one volume of an archive is kept for the others: a
/// passphrase costs its second only once. Not safe for several threads.
/// </summary>
public sealed class ArchiveOpener(IReadOnlyList<AgeIdentity> identities, AgePassphrase? passphrase = null) : IDisposable
{
    private byte[]? _keptId;
    private byte[]? _keptKey;

    /// <summary>Whether a file that begins with these bytes (16 or more) is an encrypted archive. One whose first header is damaged is not known by this.</summary>
    public static bool IsSealed(ReadOnlySpan<byte> start) => HeaderSlot.Announced(start) > 0;

    /// <summary>Opens a volume.</summary>
    /// <param name="input">From its beginning. A pipe will do; <see cref="SealedVolumeReader.Seek(long)"/> wants a file. The caller closes it.</param>
    /// <param name="name">How it is named in errors.</param>
    /// <exception cref="DamagedException">It is no encrypted archive, or its header is damaged.</exception>
    /// <exception cref="AgeFormatException">Nothing at hand opens it.</exception>
    public SealedVolumeReader Open(Stream input, string name)
    {
        var window = new SlidingWindow(input);
        HeaderSlots slots = HeaderSlots.Read(window, name);
        (HeaderSlot slot, ArchiveKeys keys, IReadOnlyList<string> damage) = Unlock(slots);
        return new SealedVolumeReader(window, name, slot.Header, keys, slots.BlocksAt, damage);
    }

    /// <summary>Finds the slot that the keys at hand open and prove.</summary>
    internal (HeaderSlot Slot, ArchiveKeys Keys, IReadOnlyList<string> Damage) Unlock(HeaderSlots slots)
    {
        List<string> damage = [.. slots.Damage];
        Exception? refusal = null;
        foreach (HeaderSlot slot in slots.Whole)
        {
            try
            {
                var keys = new ArchiveKeys(ArchiveKey(slot), slot.ArchiveId);
                if (slot.Verify(keys))
                {
                    _keptId = slot.ArchiveId;
                    _keptKey = keys.CopyArchiveKey();
                    return (slot, keys, damage);
                }
                keys.Dispose();
                _keptId = _keptKey = null;
                damage.Add($"a copy of its header (sequence {slot.Sequence}) has been altered: its MAC does not verify");
                refusal ??= new DamagedException($"{slots.Name}: the header has been altered: its MAC does not verify with the archive's key. Use another copy of the archive.");
            }
            catch (AgeFormatException e)
            {
                damage.Add($"a copy of its header (sequence {slot.Sequence}) does not open: {e.Message}");
                refusal ??= new AgeFormatException($"{slots.Name} cannot be opened: {e.Message}.");
            }
        }
        throw refusal!;
    }

    /// <summary>The key of the archive that was opened last.</summary>
    internal byte[]? KeptKey => _keptKey;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_keptKey is not null) CryptographicOperations.ZeroMemory(_keptKey);
    }

    private byte[] ArchiveKey(HeaderSlot slot) =>
        _keptKey is not null && slot.ArchiveId.AsSpan().SequenceEqual(_keptId)
            ? (byte[])_keptKey.Clone()
            : AgeFile.Decrypt(slot.AgeFile, SealFormat.KeyBytes, identities, passphrase);
}
