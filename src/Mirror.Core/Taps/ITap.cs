using Mirror.Core.Blocks;

namespace Mirror.Core.Taps;

/// <summary>
/// What sees the writes of a live disk. Two things come out of it: a ring of records in the disk's write order, as far as the
/// rate allows, and bitmaps that are marked for every completed write at every rate, by generation.
///
/// <para>The contract, which docs/consistency.md builds on:</para>
/// <list type="bullet">
/// <item>A record is in the ring before the submitter of its write can know of the completion; the ring is the write order.</item>
/// <item>The program reads (generation, rate) once per completion. A record of generation g that was not delivered, for whatever
/// reason (rate Off, ring full, data not readable), sets <c>undelivered[g]</c> for the same g as its bits. Rate Lo delivers: its
/// records carry block numbers.</item>
/// <item>The tap lowers the rate by itself (Hi, Lo, Off) when too much waits in the ring; only the client raises it.</item>
/// <item>Bits of a generation, once set, are cleared by <see cref="ClearOld"/> only.</item>
/// </list>
/// <para>All members but <see cref="Wake"/> are called from one thread.</para>
/// </summary>
public interface ITap : IDisposable
{
    /// <summary>What this tap is and can do.</summary>
    TapDescription Description { get; }

    /// <summary>What is delivered now.</summary>
    TapRate Rate { get; }

    /// <summary>Sets the rate. Completions that started before may still act by the old one; <see cref="Flip"/> waits for them.</summary>
    void SetRate(TapRate rate);

    /// <summary>The ring's producer position: only grows, counts bytes since the tap was attached.</summary>
    long Produced { get; }

    /// <summary>The position up to which records were taken by <see cref="Advance"/>.</summary>
    long Consumed { get; }

    /// <summary>Bytes of payload and records waiting in the ring.</summary>
    long Waiting => Produced - Consumed;

    /// <summary>The next record, or false when the ring is empty or its next record is still being filled.</summary>
    bool TryPeek(out TapRecord record);

    /// <summary>Gives the space of the record last peeked back to the ring.</summary>
    void Advance();

    /// <summary>Waits until a record is there, <see cref="Wake"/> is called, or the time is over. Returns at once when a record waits.</summary>
    void Wait(TimeSpan timeout);

    /// <summary>Makes a present or the next <see cref="Wait"/> return. May be called from any thread.</summary>
    void Wake();

    /// <summary>
    /// Begins a new generation and returns once every program run that could still mark the old one has ended; all its records are
    /// then before <see cref="Produced"/>. The old bitmap must be empty before (<see cref="ClearOld"/> or <see cref="MergeOldIntoCurrent"/>).
    /// </summary>
    /// <returns>Whether something of the generation that is now old was not delivered to the ring: its bitmap must become pending.</returns>
    bool Flip();

    /// <summary>Sets in <paramref name="target"/> every granule that is marked in the old generation.</summary>
    void CopyOldTo(HierarchicalBitmap target);

    /// <summary>
    /// Replaces the <em>kept</em> bitmap, which is pinned beside the generations and which no program touches, by the union of
    /// <paramref name="sets"/>. Here a client keeps what only its memory knows to be pending. It is not part of a generation, because
    /// the next flip would bring back as dirty what was sent in between. Word by word, so that a crash in the middle leaves each word
    /// old or new; costs what is and was set.
    /// </summary>
    void Keep(params ReadOnlySpan<HierarchicalBitmap> sets);

    /// <summary>Sets in <paramref name="target"/> every granule of the kept bitmap.</summary>
    void CopyKeptTo(HierarchicalBitmap target);

    /// <summary>Marks everything of the old generation in the current one, undelivered flag included, and clears the old one.</summary>
    void MergeOldIntoCurrent();

    /// <summary>Forgets the old generation: the server holds everything in it, or it has been merged.</summary>
    void ClearOld();

    /// <summary>
    /// Compares the program's sums with the kernel's statistics; every completion up to the moment of the call is covered. When they
    /// agree and nothing was in flight, the tap starts its issue bitmap anew. A discrepancy is found again by every call until
    /// <see cref="AcceptSums"/>: so it survives a crash of the client.
    /// </summary>
    SumsVerdict CheckSums();

    /// <summary>Sets in <paramref name="target"/> every granule that was issued for writing since the sums last agreed with nothing in flight.</summary>
    void CopyIssuedTo(HierarchicalBitmap target);

    /// <summary>
    /// Takes the sums as they were at the last <see cref="CheckSums"/> for the new base. Called when what the verdict asks for is safe:
    /// after <see cref="SumsVerdict.Hole"/>, the issued granules are in the kept bitmap; after
    /// <see cref="SumsVerdict.Lost"/>, the saved state asks for a scan. Counts the hole.
    /// </summary>
    void AcceptSums();

    /// <summary>Keeps up to <see cref="MaxStateBytes"/> bytes with the pinned bitmaps; replaces what was there, whole or not at all.</summary>
    void SaveState(ReadOnlySpan<byte> state);

    /// <summary>What <see cref="SaveState"/> kept, or nothing when the tap is new.</summary>
    ReadOnlySpan<byte> LoadState();

    /// <summary>The most that <see cref="SaveState"/> takes.</summary>
    const int MaxStateBytes = 512;

    /// <summary>What was seen so far.</summary>
    TapCounters Counters { get; }

    /// <summary>Whether the disk has another size now than the tap was attached for: what is written past its old end is not marked.</summary>
    bool Outgrown => false;

    /// <summary>Takes the pinned bitmaps and programs away: the next start scans. <see cref="IDisposable.Dispose"/> alone leaves them marking.</summary>
    void Unpin();
}
