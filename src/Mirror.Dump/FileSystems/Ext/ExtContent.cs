namespace Mirror.Dump.FileSystems.Ext;

/// <summary>The bytes of files and directories that lie in blocks: where they are, and reading them.</summary>
internal sealed class ExtContent(ExtVolume volume)
{
    /// <summary>The stretches with storage, cut to a size, merged where they touch in file and source.</summary>
    /// <exception cref="DamagedException">The map is damaged, or holds more than the file system has.</exception>
    public IEnumerable<DataRun> Runs(ExtInodeRecord inode, long size)
    {
        int bytes = volume.BlockBytes;
        long end = (size + bytes - 1) / bytes;
        // A map that shows the same blocks again and again (a loop, a fan) must not keep anybody busy for longer than the source is large.
        long mapped = 0, steps = 0, limit = volume.Super.BlockCount;
        DataRun pending = default;
        for (long logical = 0; logical < end;)
        {
            var (block, count) = Find(inode, logical);
            count = Math.Min(count, end - logical);
            if (++steps > 2 * limit + 64) throw volume.Damage(inode.Number, $"its block map has more parts than the file system has blocks ({limit})");
            if (block != 0)
            {
                mapped += count;
                if (mapped > limit) throw volume.Damage(inode.Number, $"its block map holds more than the {limit} blocks of the file system");
                long offset = logical * bytes, length = Math.Min(count * bytes, size - offset);
                if (pending.Length > 0 && pending.Offset + pending.Length == offset && pending.SourceOffset + pending.Length == block * bytes)
                {
                    pending = pending with { Length = pending.Length + length };
                }
                else
                {
                    if (pending.Length > 0) yield return pending;
                    pending = new DataRun(offset, length, block * bytes);
                }
            }
            logical += count;
        }
        if (pending.Length > 0) yield return pending;
    }

    /// <summary>Reads content; the range must lie within the size. Holes give zeroes.</summary>
    public void Read(ExtInodeRecord inode, long offset, Span<byte> destination)
    {
        int bytes = volume.BlockBytes;
        while (destination.Length > 0)
        {
            long logical = offset / bytes;
            int within = (int)(offset % bytes);
            long blocks = (within + (long)destination.Length + bytes - 1) / bytes;
            var (block, count) = Find(inode, logical);
            // Stretches that touch are read at once.
            while (count < blocks && Find(inode, logical + count) is var (next, more) && (block == 0 ? next == 0 : next == block + count)) count += more;
            int part = (int)Math.Min(destination.Length, Math.Min(count, blocks) * bytes - within);
            if (block == 0) destination[..part].Clear(); else volume.Source.Read(block * bytes + within, destination[..part]);
            destination = destination[part..];
            offset += part;
        }
    }

    /// <summary>Looks up a block of a file or directory.</summary>
    public ExtMapping Find(ExtInodeRecord inode, long logical) =>
        inode.Has(ExtInodeFlags.Extents) ? ExtExtentMap.Find(volume, inode, logical) : ExtIndirectMap.Find(volume, inode, logical);
}
