using Mirror.Dump.Encryption;

namespace Mirror.Dump.Archive.Writing;

/// <summary>Writes packed tape blocks to volumes. Used by one thread at a time.</summary>
/// <param name="volumes">Where volumes go.</param>
/// <param name="seal">Encryption, or null.</param>
internal sealed class TapeOutput(IVolumeSet volumes, ArchiveSeal? seal)
{
    private Stream? _stream;
    private SealedVolumeWriter? _sealed;
    private long _before, _position;

    /// <summary>Bytes written to all volumes.</summary>
    public long WrittenBytes => _before + (_sealed?.Length ?? _position);

    /// <summary>Bytes of a volume that are no blocks.</summary>
    public int HeadBytes => seal is null ? 0 : seal.HeaderBytes + ArchiveSeal.SealedBytes(0);

    /// <summary>Ends the volume before, and begins one.</summary>
    public void BeginVolume(int volume)
    {
        if (volume > 1) EndVolume(last: false);
        _stream = volumes.Open(volume);
        _sealed = seal?.BeginVolume(_stream);
    }

    /// <summary>Writes blocks, which are sealed if this is encrypted.</summary>
    /// <returns>Where in the volume the first one begins.</returns>
    public long Write(ReadOnlySpan<byte> blocks, int count)
    {
        if (_sealed is not null) return _sealed.AddSealed(blocks, count);
        _stream!.Write(blocks);
        _position += blocks.Length;
        return _position - blocks.Length;
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
        _sealed = null;
    }
}
