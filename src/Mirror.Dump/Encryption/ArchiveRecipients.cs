using Mirror.Dump.Encryption.Age;

namespace Mirror.Dump.Encryption;

/// <summary>What can be done with the header of an encrypted volume without touching its blocks (docs/archive-encryption.md section 2.2).</summary>
public static class ArchiveRecipients
{
    /// <summary>The header, as it stands: not authenticated.</summary>
    /// <exception cref="DamagedException">There is none.</exception>
    public static SealedHeader ReadHeader(Stream input, string name) => HeaderSlots.Read(new SlidingWindow(input), name).Whole[0].Header;

    /// <summary>The age file that wraps the archive key: what <c>age -d</c> opens.</summary>
    /// <exception cref="DamagedException">There is no header.</exception>
    public static byte[] WrappedKey(Stream input, string name) => HeaderSlots.Read(new SlidingWindow(input), name).Whole[0].AgeFile;

    /// <summary>
    /// Lets more recipients open a volume. The slot with the lower sequence is replaced and made durable, then the other: a crash at any moment leaves
    /// a whole one.
    /// </summary>
    /// <param name="volume">Readable, writable, from the volume's beginning.</param>
    /// <param name="name">For errors.</param>
    /// <param name="opener">Opens it now.</param>
    /// <param name="identities">The identities that <paramref name="opener"/> has.</param>
    /// <param name="recipients">Who shall open it too.</param>
    /// <param name="flush">Makes durable what was written.</param>
    /// <exception cref="DamagedException">The header is damaged.</exception>
    /// <exception cref="AgeFormatException">Nothing at hand opens it, it has a passphrase, or there is no room.</exception>
    public static void Add(Stream volume, string name, ArchiveOpener opener, IReadOnlyList<AgeIdentity> identities, IReadOnlyList<AgeRecipient> recipients, Action flush)
    {
        HeaderSlots slots = HeaderSlots.Read(new SlidingWindow(volume), name);
        (HeaderSlot slot, ArchiveKeys keys, _) = opener.Unlock(slots);
        using (keys)
        {
            byte[] ageFile;
            try
            {
                ageFile = AgeFile.Add(slot.AgeFile, identities, recipients);
            }
            catch (AgeFormatException e)
            {
                throw new AgeFormatException($"{name}: {e.Message}.");
            }
            // The believed slot is written over last. Sequence k is in slot (k - 1) mod 2; a slot that is not believed may have any sequence.
            ulong sequence = slots.Whole.Max(s => s.Sequence);
            if (sequence >= ulong.MaxValue - 4) throw new DamagedException($"{name}: the header's sequence is used up.");
            bool believedIsFirst = slots.IsFirst(slot);
            for (int i = 0; i < 2; i++)
            {
                int place = (i == 0) == believedIsFirst ? 1 : 0;
                do sequence++;
                while ((sequence - 1) % 2 != (ulong)place);
                volume.Position = (long)place * slot.Bytes;
                volume.Write(HeaderSlot.Write(slot.Header, ageFile, slot.Bytes, sequence, keys));
                flush();
            }
        }
    }

    /// <summary>The same for a file.</summary>
    public static void Add(string path, ArchiveOpener opener, IReadOnlyList<AgeIdentity> identities, IReadOnlyList<AgeRecipient> recipients)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        Add(file, path, opener, identities, recipients, () => file.Flush(flushToDisk: true));
    }
}
