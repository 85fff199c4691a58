namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>The bytes of files and directories.</summary>
internal sealed class UfsContent(UfsVolume volume)
{
    /// <summary>The stretches with storage, cut to a size, merged where they touch in file and source.</summary>
    /// <exception cref="DamagedException">The map is damaged, or holds more than the file system has.</exception>
    public IEnumerable<DataRun> Runs(UfsInodeRecord inode, long size)
    {
        int blockBytes = volume.Super.BlockBytes;
        long end = size / blockBytes + (size % blockBytes == 0 ? 0 : 1);
        // A map that shows the same blocks again and again (a loop, a fan) must not keep anybody busy for longer than the source is large.
        long mapped = 0, steps = 0, limit = volume.Super.Size;
        DataRun pending = default;
        for (long logical = 0; logical < end;)
        {
            (long address, long count) = UfsBlockMap.Find(volume, inode, logical);
            if (++steps > 2 * limit + 64) throw volume.Damage(inode.Number, $"its block map has more parts than the file system has fragments ({limit})");
            if (address != 0)
            {
                (long at, int length) = Storage(inode, size, logical, address);
                mapped += Fragments(length);
                if (mapped > limit) throw volume.Damage(inode.Number, $"its block map holds more than the {limit} fragments of the file system");
                long offset = logical * blockBytes;
                if (pending.Length > 0 && pending.Offset + pending.Length == offset && pending.SourceOffset + pending.Length == at)
                {
                    pending = pending with { Length = pending.Length + length };
                }
                else
                {
                    if (pending.Length > 0) yield return pending;
                    pending = new DataRun(offset, length, at);
                }
            }
            logical += Math.Min(count, end - logical);
        }
        if (pending.Length > 0) yield return pending;
    }

    /// <summary>Reads content; the range must lie within the size. Holes give zeroes.</summary>
    public void Read(UfsInodeRecord inode, long size, long offset, Span<byte> destination)
    {
        int blockBytes = volume.Super.BlockBytes;
        while (destination.Length > 0)
        {
            long logical = offset / blockBytes;
            int within = (int)(offset % blockBytes);
            (long address, long count) = UfsBlockMap.Find(volume, inode, logical);
            int part;
            if (address == 0)
            {
                part = count >= (within + (long)destination.Length + blockBytes - 1) / blockBytes ? destination.Length : (int)Math.Min(destination.Length, count * blockBytes - within);
                destination[..part].Clear();
            }
            else
            {
                (long at, int length) = Storage(inode, size, logical, address);
                part = Math.Min(destination.Length, length - within);
                volume.Source.Read(at + within, destination[..part]);
            }
            destination = destination[part..];
            offset += part;
        }
    }

    /// <summary>Where the bytes of a block lie, and how many they are: the last block of a small file has only the fragments that it needs.</summary>
    private (long At, int Length) Storage(UfsInodeRecord inode, long size, long logical, long address)
    {
        int length = (int)Math.Min(volume.Super.BlockBytes, size - logical * volume.Super.BlockBytes);
        int fragments = logical >= UfsBlockMap.Direct ? volume.Super.Fragments : Fragments(length);
        return volume.Holds(address, fragments)
            ? (address * volume.Super.FragmentBytes, length)
            : throw volume.Damage(inode.Number, $"its block map names fragment {address} of {volume.Super.Size} for its block {logical}");
    }

    private int Fragments(int bytes) => (bytes + volume.Super.FragmentBytes - 1) / volume.Super.FragmentBytes;
}
