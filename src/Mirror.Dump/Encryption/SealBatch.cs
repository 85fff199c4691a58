namespace Mirror.Dump.Encryption;

/// <summary>
/// Some consecutive blocks on their way: filled plain by the thread that adds, sealed in place by a worker, written by the lane that writes.
/// Exactly one of the three holds it at a time.
/// </summary>
internal sealed class SealBatch(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];
    private readonly List<(BlockHead Head, int At)> _blocks = [];
    private readonly SemaphoreSlim _sealed = new(0);
    private Exception? _failure;

    /// <summary>Bytes, sealed.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> Sealed => _bytes.AsSpan(0, Length);

    public bool HasRoomFor(int plainBytes) => Length + plainBytes + SealFormat.OverheadBytes <= _bytes.Length;

    /// <summary>Adds a block. It lies where its sealed bytes will: sealing needs no second buffer.</summary>
    public void Add(BlockHead head, ReadOnlySpan<byte> plain)
    {
        plain.CopyTo(_bytes.AsSpan(Length + SealFormat.HeadBytes));
        _blocks.Add((head, Length));
        Length += head.SealedBytes;
    }

    public void Seal(BlockCipher cipher)
    {
        try
        {
            foreach ((BlockHead head, int at) in _blocks)
                cipher.Seal(head, _bytes.AsSpan(at + SealFormat.HeadBytes, head.Length), _bytes.AsSpan(at, head.SealedBytes));
        }
        catch (Exception e)
        {
            _failure = e;
        }
        _sealed.Release();
    }

    public void WaitSealed()
    {
        _sealed.Wait();
        if (_failure is not null) throw new IOException("A block could not be encrypted.", _failure);
    }

    /// <summary>Makes it empty, for use anew.</summary>
    public SealBatch Reset()
    {
        _blocks.Clear();
        Length = 0;
        return this;
    }
}
