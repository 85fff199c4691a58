namespace Mirror.Core.Store;

/// <summary>
/// Writes arrivals straight into the image. So the image equals the disk at an instant of its write order only while the client is Live;
/// the journal of DESIGN section 6 takes this class's place behind <see cref="IImageStore"/>.
///
/// <para>The order of a commit: the image's fdatasync, then the mark's slot with its own. A mark in a slot is therefore always true, even
/// when nobody was told. The fields below are guarded by the lock where they say so; only the apply thread writes the image.</para>
/// </summary>
internal sealed class DirectImageStore : IImageStore
{
    /// <summary>Zeroes that land on stored data are punched out from this length on; shorter runs are written, to spare the file's extent tree.</summary>
    public const int PunchBytes = 64 << 10;

    private const int Granule = 4096;

    private readonly IImageFile _image;
    private readonly MarkSlots _marks;
    private readonly Lock _lock = new();
    private ImageMark? _noted;          // guarded by _lock
    private bool _flushFailed;          // guarded by _lock
    private volatile bool _failed;

    /// <summary>Takes over both files.</summary>
    /// <param name="image">The image; at least <paramref name="sizeBytes"/> long.</param>
    /// <param name="marks">Its marks.</param>
    /// <param name="sizeBytes">Bytes of the volume.</param>
    public DirectImageStore(IImageFile image, MarkSlots marks, long sizeBytes)
    {
        _image = image;
        _marks = marks;
        SizeBytes = sizeBytes;
    }

    /// <inheritdoc/>
    public long SizeBytes { get; }

    /// <inheritdoc/>
    public ImageMark Committed => _marks.Last;

    /// <inheritdoc/>
    public ulong ConsistentTime => _marks.ConsistentTime;

    /// <inheritdoc/>
    public long NonZeroBytes => Math.Min(_image.AllocatedBytes, SizeBytes);

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        ThrowIfFailed();
        try
        {
            if (ZeroScan.IsZero(data) && IsHole(offset, offset + data.Length)) return;
            int written = 0, from = 0;
            while (ZeroScan.NextRun(data, offset, Granule, from, out int start, out int end))
            {
                from = end;
                bool hole = IsHole(offset + start, offset + end);
                if (!hole && end - start < PunchBytes) continue;   // goes with the data around it
                if (start > written) _image.Write(offset + written, data[written..start]);
                if (!hole) _image.Zero(offset + start, end - start);
                written = end;
            }
            if (written < data.Length) _image.Write(offset + written, data[written..]);
        }
        catch
        {
            _failed = true;
            throw;
        }
    }

    /// <inheritdoc/>
    public void Zero(long offset, long length)
    {
        ThrowIfFailed();
        try
        {
            _image.Zero(offset, length);
        }
        catch
        {
            _failed = true;
            throw;
        }
    }

    /// <inheritdoc/>
    public void EnterLive(bool live)
    {
        // Arrivals go to the image in every state.
    }

    /// <inheritdoc/>
    public void Mark(in ImageMark mark)
    {
        ThrowIfFailed();
        lock (_lock) _noted = mark;
    }

    /// <inheritdoc/>
    public ImageMark Commit()
    {
        // A failed write makes no earlier mark untrue, but a failed flush may have thrown away what it covers: then nothing is committed any more.
        ImageMark mark;
        lock (_lock)
        {
            if (_flushFailed) throw Failed();
            mark = _noted ?? throw new InvalidOperationException("There is no mark to commit.");
        }
        try
        {
            _image.Flush();
            _marks.Store(mark);
        }
        catch
        {
            lock (_lock) _flushFailed = true;
            _failed = true;
            throw;
        }
        return mark;
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination) => _image.Read(offset, destination);

    /// <inheritdoc/>
    public bool NextData(long from, out long start, out long end)
    {
        if (!_image.NextData(from, out start, out end) || start >= SizeBytes) return false;
        end = Math.Min(end, SizeBytes);
        return true;
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        _failed = true;
        lock (_lock) _flushFailed = true;
        _image.DropCache();
        _marks.DropCache();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _image.Dispose();
        _marks.Dispose();
    }

    private bool IsHole(long start, long end) => !_image.NextData(start, out long data, out _) || data >= end;

    private void ThrowIfFailed()
    {
        if (_failed) throw Failed();
    }

    private IOException Failed() => new($"The store of {_image.Path} has failed before and is not used again until it has been reopened.");
}
