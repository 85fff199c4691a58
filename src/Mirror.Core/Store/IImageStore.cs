namespace Mirror.Core.Store;

/// <summary>
/// Keeps one volume's image. The intake knows only this; what lies beneath (arrivals straight into the image, or a journal that moves it
/// from one consistent mark to the next) is the store's choice.
///
/// <para>Threads: <see cref="Write"/>, <see cref="Zero"/>, <see cref="Mark"/> and <see cref="EnterLive"/> are called by one thread,
/// in the order of arrival. <see cref="Commit"/> is called by one other thread. <see cref="Read"/> and <see cref="NextData"/> may be called
/// by any, for ranges that are not being written at that moment.</para>
/// <para>After any exception of a write, zero or commit the store has failed: every later call of these throws, nothing more is
/// committed, <see cref="Committed"/> stays what was durable. The owner calls <see cref="Abandon"/>, disposes it and opens a new one.</para>
/// </summary>
public interface IImageStore : IDisposable
{
    /// <summary>Bytes of the volume.</summary>
    long SizeBytes { get; }

    /// <summary>The last mark on stable storage, with everything before it.</summary>
    ImageMark Committed { get; }

    /// <summary>The time of the last consistent mark on stable storage (milliseconds since 1970, the client's clock); 0 when there was none.</summary>
    ulong ConsistentTime { get; }

    /// <summary>At most this many bytes of the image are not zero. Cheap: taken from what the storage has allocated.</summary>
    long NonZeroBytes { get; }

    /// <summary>The bytes from <paramref name="offset"/> on are now these.</summary>
    void Write(long offset, ReadOnlySpan<byte> data);

    /// <summary>The range is now zero.</summary>
    void Zero(long offset, long length);

    /// <summary>Whether what arrives from here on is the disk's write order (state Live).</summary>
    void EnterLive(bool live);

    /// <summary>Notes the mark at this point of the order. It is not durable yet.</summary>
    void Mark(in ImageMark mark);

    /// <summary>Makes the latest noted mark, and everything before it, durable; returns it when it is. Earlier marks are covered by it.</summary>
    ImageMark Commit();

    /// <summary>Reads the volume as it is after all writes so far.</summary>
    void Read(long offset, Span<byte> destination);

    /// <summary>The next stretch that may be other than zero: false when only zeroes follow.</summary>
    bool NextData(long from, out long start, out long end);

    /// <summary>After a failure: forgets what memory claims about the image and proves nothing.</summary>
    void Abandon();
}
