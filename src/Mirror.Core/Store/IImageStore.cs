namespace Mirror.Core.Store;

/// <summary>
/// Keeps one volume's image. The intake knows only this; what lies beneath (arrivals straight into the image, or a journal that moves it
/// from one consistent mark to the next) is the store's choice.
///
/// <para>Threads: <see cref="Write"/>, <see cref="Zero"/>, <see cref="Mark"/> and <see cref="EnterLive"/> are called by one thread,
/// in the order of arrival. <see cref="Commit"/> is called by one other thread. <see cref="IImageReader.Read"/>, of the volume as it is after all writes so far,
/// and <see cref="IImageReader.NextData"/> may be called by any, for ranges that are not being written at that moment.</para>
/// <para>After any exception of a write, zero or commit the store has failed: every later call of these throws, nothing more is
/// committed, <see cref="Committed"/> stays what was durable. The owner calls <see cref="Abandon"/>, disposes it and opens a new one.</para>
/// </summary>
public interface IImageStore : IImageReader, IDisposable
{
    /// <summary>The last mark on stable storage, with everything before it.</summary>
    ImageMark Committed { get; }

    /// <summary>The time of the last consistent mark on stable storage (milliseconds since 1970, the client's clock); 0 when there was none.</summary>
    ulong ConsistentTime { get; }

    /// <summary>The number of the last consistent mark on stable storage; 0 when there was none.</summary>
    ulong ConsistentMark { get; }

    /// <summary>At most this many bytes of the image are not zero. Cheap: taken from what the storage has allocated.</summary>
    long NonZeroBytes { get; }

    /// <summary>Whether the store has failed and must be opened anew, also when no call has told so yet.</summary>
    bool HasFailed { get; }

    /// <summary>Whether the image alone (in the page cache at least) is the volume at its last committed consistent mark.</summary>
    bool IsSettled { get; }

    /// <summary>The number of the last consistent mark that the image alone has shown (in the page cache at least); 0 when not known. Later than that it may be on its way to the next.</summary>
    ulong ImageMark { get; }

    /// <summary>How many views hold the image still.</summary>
    int Views { get; }

    /// <summary>The tags of chunks that need not be read.</summary>
    IChunkTags Tags { get; }

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

    /// <summary>
    /// Opens a view of the volume at its last consistent mark that is committed. Any thread may call it; it blocks until what was received before
    /// that mark has been brought to its place, for moments as a rule.
    /// </summary>
    /// <param name="settled">Wait until the image itself, alone, is that mark, so that the view has an <see cref="IConsistentView.ImagePath"/>.
    /// After a long catch-up that can take minutes.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>Null when the volume has never been consistent.</returns>
    /// <exception cref="IOException">The store has failed, or too many views are open.</exception>
    IConsistentView? OpenConsistent(bool settled, CancellationToken cancellation);

    /// <summary>After a failure: forgets what memory claims about the image and proves nothing.</summary>
    void Abandon();
}
