using Mirror.Dump.Encryption;

namespace Mirror.Dump.Archive.Writing;

/// <summary>Writes packed tape blocks to volumes, sealed where that was asked for. Used by one thread.</summary>
/// <param name="volumes">Where volumes go.</param>
/// <param name="seal">Encryption, or null.</param>
internal sealed class TapeOutput(IVolumeSet volumes, ArchiveSeal? seal)
{
    private Stream? _stream;
    private SealedVolumeWriter? _sealed;
    private long _before, _position;

    /// <summary>Bytes written to all volumes.</summary>
    public long WrittenBytes => _before + (_sealed?.Length ?? _position);

    /// <summary>Bytes in the file of a block of <paramref name="plainBytes"/>.</summary>
    public int MostBytes(int plainBytes) => seal is null ? plainBytes : ArchiveSeal.SealedBytes(plainBytes);

    /// <summary>Bytes of a volume that are no blocks.</summary>
    public int HeadBytes(int plainBytes) => seal is null ? 0 : seal.HeaderBytes + ArchiveSeal.SealedBytes(0);

    /// <summary>Ends the volume before, and begins one.</summary>
    public void BeginVolume(int volume)
    {
        if (volume > 1) EndVolume(last: false);
        _stream = volumes.Open(volume);
        _sealed = seal?.BeginVolume(_stream);
    }

    /// <summary>Writes blocks.</summary>
    /// <returns>Where in the volume the first one begins.</returns>
    public long Write(ReadOnlySpan<byte> blocks, List<int> starts)
    {
        if (_sealed is null)
        {
            _stream!.Write(blocks);
            _position += blocks.Length;
            return _position - blocks.Length;
        }
        long first = _sealed.Length;
        for (int i = 0; i < starts.Count; i++) starts[i] = (int)(_sealed.Add(blocks[starts[i]..(i + 1 < starts.Count ? starts[i + 1] : blocks.Length)]) - first);
        return first;
    }

    /// <summary>The last block was written.</summary>
    public void EndLast() => EndVolume(last: true);

    /// <summary>All is well: the volumes get their names.</summary>
    public void Complete() => volumes.Complete();

    private void EndVolume(bool last)
    {
        _sealed?.Complete(last);
        _stream!.Flush();
        _before += _sealed?.Length ?? _position;
        _position = 0;
        _sealed?.Dispose();
        _sealed = null;
    }
}
