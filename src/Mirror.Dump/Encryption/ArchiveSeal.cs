using System.Collections.Concurrent;
using System.Security.Cryptography;
using Mirror.Dump.Encryption.Age;

namespace Mirror.Dump.Encryption;

/// <summary>
/// The key of one new archive. It is nowhere but here and, wrapped, in the headers that this writes: whoever wrote an archive cannot read it later
/// without an identity or the passphrase. One volume at a time; not safe for several threads, <see cref="SealBlock"/> excepted.
/// </summary>
public sealed class ArchiveSeal : IDisposable
{
    private readonly ArchiveKeys _keys;
    private readonly ArchiveSealOptions _options;
    private readonly byte[] _ageFile;
    private readonly ConcurrentBag<BlockCipher> _idle = [];
    private readonly Guid _id;
    private SealedVolumeWriter? _current;
    private int _volume;
    private long _nextBlock;

    private ArchiveSeal(ArchiveSealOptions options, byte[] archiveKey, byte[] ageFile)
    {
        byte[] id = RandomNumberGenerator.GetBytes(SealFormat.IdBytes);
        _keys = new ArchiveKeys(archiveKey, id);
        _id = new Guid(id);
        _options = options;
        _ageFile = ageFile;
        HeaderBytes = 2 * HeaderSlot.BytesFor(ageFile.Length);
    }

    /// <summary>Bytes before the first block of each volume.</summary>
    public int HeaderBytes { get; }

    /// <summary>Bytes in the file of a block of <paramref name="plainBytes"/>.</summary>
    public static int SealedBytes(int plainBytes) => plainBytes + SealFormat.OverheadBytes;

    /// <summary>Makes the key of a new archive.</summary>
    /// <exception cref="AgeFormatException">There are more recipients than a header holds, or one is no point to encrypt to.</exception>
    public static ArchiveSeal New(ArchiveSealOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BlockBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.BlockBytes, SealFormat.MaxBlockBytes);
        if (options.Passphrase is not null && options.Recipients.Count > 0)
            throw new AgeFormatException("An archive is encrypted to recipients or with a passphrase, not both: age allows a passphrase only alone.");
        if (options.Passphrase is null && options.Recipients.Count == 0) throw new AgeFormatException("Nobody could open the archive: name a recipient or a passphrase.");
        byte[] key = RandomNumberGenerator.GetBytes(SealFormat.KeyBytes);
        return new ArchiveSeal(options, key, options.Passphrase is null ? AgeFile.Encrypt(key, options.Recipients) : AgeFile.Encrypt(key, options.Passphrase));
    }

    /// <summary>Begins the next volume: writes its header. The volume before must be complete.</summary>
    /// <param name="output">Written in order, never sought. The caller closes it, after the volume is complete.</param>
    public SealedVolumeWriter BeginVolume(Stream output)
    {
        if (_current is { IsComplete: false } || _current is { IsLast: true }) throw new InvalidOperationException("The volume before is not complete, or was the last one.");
        if (_current is not null) _nextBlock = _current.NextBlock;
        var header = new SealedHeader
        {
            ArchiveId = _id,
            Volume = ++_volume,
            BlockBytes = _options.BlockBytes,
            FirstBlock = _nextBlock,
            Created = _options.Created,
            Label = _options.ShownLabel ?? "",
            HostName = _options.ShownHostName ?? "",
        };
        int slotBytes = HeaderBytes / 2;
        for (ulong sequence = 1; sequence <= 2; sequence++) output.Write(HeaderSlot.Write(header, _ageFile, slotBytes, sequence, _keys));
        return _current = new SealedVolumeWriter(output, this, header);
    }

    /// <summary>Seals a block. Safe for several threads.</summary>
    /// <param name="head">With the number that the block will have in the archive, which no other block may have.</param>
    /// <param name="plain">Its bytes; where they lie behind the room for a head in <paramref name="to"/>, they are sealed in place.</param>
    /// <param name="to">Where the sealed block goes, at its beginning.</param>
    internal void SealBlock(BlockHead head, ReadOnlySpan<byte> plain, Span<byte> to)
    {
        if (!_idle.TryTake(out BlockCipher? cipher)) cipher = new BlockCipher(_keys);
        cipher.Seal(head, plain, to);
        _idle.Add(cipher);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BlockCipher cipher in _idle) cipher.Dispose();
        _keys.Dispose();
        CryptographicOperations.ZeroMemory(_ageFile);
    }
}
