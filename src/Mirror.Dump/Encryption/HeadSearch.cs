using System.Security.Cryptography;

namespace Mirror.Dump.Encryption;

/// <summary>Finds the heads of blocks in a volume. Goes over each byte once; only true heads of this archive are found, misplaced ones among them.</summary>
internal sealed class HeadSearch(SlidingWindow window, ArchiveKeys keys, int blockBytes) : IDisposable
{
    private const int Chunk = 64 << 10;

    private readonly IncrementalHash _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.MarkKey);

    /// <inheritdoc/>
    public void Dispose() => _hmac.Dispose();

    /// <summary>Whether a head stands exactly here.</summary>
    public bool IsAt(long place, out BlockHead head) => BlockHead.TryRead(window.Peek(place, SealFormat.HeadBytes), keys.Marker, _hmac, blockBytes, out head);

    /// <summary>The first head at or after a place.</summary>
    /// <param name="from">Where the search begins.</param>
    /// <param name="before">A head that begins here or later does not count.</param>
    /// <param name="place">Where it begins; when there is none, where the search ended.</param>
    /// <param name="head">What it says.</param>
    /// <param name="forget">Whether the bytes that were passed are not needed any more.</param>
    public bool Find(long from, long before, out long place, out BlockHead head, bool forget)
    {
        place = from;
        while (place < before)
        {
            if (forget) window.Forget(place);
            ReadOnlySpan<byte> bytes = window.Peek(place, Chunk);
            int at = bytes.IndexOf(keys.Marker);
            if (at < 0)
            {
                if (bytes.Length < Chunk)
                {
                    place += bytes.Length;
                    break;
                }
                place += bytes.Length - (SealFormat.MarkerBytes - 1);
                continue;
            }
            place += at;
            if (place < before && IsAt(place, out head)) return true;
            place++;
        }
        head = default;
        return false;
    }

    /// <summary>The head after a block, or after what is left of it.</summary>
    public bool FindNext(long place, BlockHead head, out long next, out BlockHead nextHead)
    {
        next = place + head.SealedBytes;
        return IsAt(next, out nextHead) || Find(place + SealFormat.HeadBytes, place + 2L * (blockBytes + SealFormat.OverheadBytes), out next, out nextHead, forget: false);
    }

    /// <summary>Where to look after a block that did not open: behind it when something whole begins there or the volume ends there, else right behind its head.</summary>
    public long After(long place, BlockHead head)
    {
        long next = place + head.SealedBytes;
        return IsAt(next, out _) || (window.Peek(next, 1).IsEmpty && !window.Peek(next - 1, 1).IsEmpty) ? next : place + SealFormat.HeadBytes;
    }
}
