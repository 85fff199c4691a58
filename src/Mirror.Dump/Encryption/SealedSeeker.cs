namespace Mirror.Dump.Encryption;

/// <summary>Finds a block by its number: heads tell numbers, so any place tells the direction (docs/archive-encryption.md section 4).</summary>
internal sealed class SealedSeeker(SlidingWindow window, HeadSearch search, int blockBytes, int blocksAt)
{
    private long _linear;   // bytes spent on searches from the beginning

    /// <summary>Whether the block begins exactly here.</summary>
    public bool IsAt(long number, long place)
    {
        if (place < blocksAt || place > window.Length - SealFormat.OverheadBytes) return false;
        window.Jump(place);
        return search.IsAt(place, out BlockHead head) && head.Number == number;
    }

    /// <summary>Where reading should go on, and what it should expect there.</summary>
    /// <param name="number">The block that is looked for.</param>
    /// <param name="stray">Where the block stands, when that is not where it belongs; else -1.</param>
    public (long Place, long Expected) Find(long number, out long stray)
    {
        stray = -1;
        if (Walk(Near(number), number, out (long Place, long Expected) found)) return found;
        // It is lost, or misplaced blocks misled the halving. A walk from the beginning is not misled; a hostile file gets a few of them.
        long length = window.Length ?? 0;
        if (_linear <= 4 * length)
        {
            _linear += length;
            if (Walk(blocksAt, number, out (long Place, long Expected) better))
            {
                // Where the one behind it has a lower number, it is the stray.
                if (search.IsAt(better.Place, out BlockHead head) && search.FindNext(better.Place, head, out _, out BlockHead following) && following.Number < number) stray = better.Place;
                else return Go(better);
            }
        }
        return Go(found);
    }

    /// <summary>The place of a head with this number or a lower one, not far before it.</summary>
    private long Near(long number)
    {
        long low = blocksAt, high = window.Length ?? 0;
        while (high - low > 2L * (blockBytes + SealFormat.OverheadBytes))
        {
            long middle = low + (high - low) / 2;
            window.Jump(middle);
            if (!search.Find(middle, high, out long place, out BlockHead head, forget: true)) high = middle;
            else if (head.Number <= number) low = place;
            else high = middle;
        }
        return low;
    }

    /// <summary>Goes from head to head up to the block.</summary>
    /// <returns>Whether it is there; otherwise <paramref name="found"/> is where it should be.</returns>
    private bool Walk(long from, long number, out (long Place, long Expected) found)
    {
        window.Jump(from);
        long place = from;
        while (search.Find(place, long.MaxValue, out place, out BlockHead head, forget: true))
        {
            found = (place, number);
            if (head.Number == number) return true;
            if (head.Number > number)
            {
                if (!search.FindNext(place, head, out long next, out BlockHead following) || following.Number > number) return false;
                place = next;
                continue;
            }
            if (head.LastOfVolume)
            {
                // Past the end: reading tells the end.
                found = (place, head.Number);
                return true;
            }
            place = search.After(place, head);
        }
        found = (place, number);
        return false;
    }

    private (long Place, long Expected) Go((long Place, long Expected) found)
    {
        window.Jump(found.Place);
        return found;
    }
}
