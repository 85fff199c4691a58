using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>
/// Finds out what replaying a journal would write where, without writing: a map from blocks of the file system to blocks of the journal.
///
/// <para>Three passes over the log, as in every jbd2 recovery: the first finds the last transaction that was committed whole; the second gathers the
/// revocations (a block that was freed and used anew must not be overwritten by what an earlier transaction had there); the third makes the map.</para>
///
/// <para>Bounded: each pass sees each block of the log once at the most, and the map and the revocations have <see cref="MaximumBlocks"/> entries at the most.</para>
/// </summary>
internal sealed class JournalReplay
{
    /// <summary>Blocks that can wait in a journal: 16 GiB of 4 KiB, where mke2fs makes 1 GiB at the most by itself.</summary>
    private const int MaximumBlocks = 4 << 20;

    private const int HeaderBytes = 12;
    private const uint DescriptorBlock = 1, CommitBlock = 2, RevokeBlock = 5;
    private const uint Escaped = 1, SameUuid = 2, LastTag = 8;

    private readonly ExtVolume _volume;
    private readonly Journal _journal;
    private readonly Dictionary<long, uint> _revoked = [];
    private readonly Dictionary<long, long> _map = [];
    private readonly byte[] _block;
    private readonly byte[] _data;
    private readonly uint _sequence;
    private uint _end;

    private JournalReplay(ExtVolume volume, Journal journal)
    {
        _volume = volume;
        _journal = journal;
        _block = new byte[volume.BlockBytes];
        _data = new byte[volume.BlockBytes];
        _sequence = _end = journal.Sequence;
    }

    private enum Pass
    {
        FindEnd,
        Revocations,
        Map,
    }

    /// <summary>The source as it would be after a replay.</summary>
    /// <param name="volume">A volume whose superblock asks for it.</param>
    /// <param name="inodes">Its inodes, before the replay.</param>
    /// <param name="content">Their content.</param>
    /// <param name="notes">Takes what an administrator should know.</param>
    /// <returns>The volume's source itself when there is nothing to replay.</returns>
    public static IBlockSource Apply(ExtVolume volume, ExtInodeTable inodes, ExtContent content, List<string> notes)
    {
        var journal = Journal.Open(volume, inodes, content);
        if (journal.StartBlock == 0) return volume.Source;
        var replay = new JournalReplay(volume, journal);
        replay.Walk(Pass.FindEnd);
        if (journal.FastBlocks > 0 && JournalFastCommits.ArePresent(journal, replay._end, volume.BlockBytes))
        {
            throw new UnsupportedException(
                $"{volume.Source.Name}: its journal ends in fast commits (feature fast_commit), which are not replayed here; mount it once, or run e2fsck.");
        }
        if (replay._end == replay._sequence) return volume.Source;
        replay.Walk(Pass.Revocations);
        replay.Walk(Pass.Map);
        notes.Add($"{volume.Source.Name}: the journal was not empty; its transactions {replay._sequence} to {replay._end - 1}, {replay._map.Count} blocks, were replayed in memory.");
        return replay._map.Count == 0 ? volume.Source : new ReplayedBlockSource(volume.Source, volume.BlockBytes, replay._map);
    }

    private void Walk(Pass pass)
    {
        uint sequence = _sequence;
        long at = _journal.StartBlock, left = _journal.End - _journal.First;
        long lastCommit = 0;
        bool suspect = false;
        uint dataSum = uint.MaxValue;
        while ((pass == Pass.FindEnd || sequence != _end) && left > 0)
        {
            _journal.Read(at, _block);
            if (U32(0) != Journal.Magic || U32(8) != sequence) break;
            uint type = U32(4);
            long place = at;
            at = _journal.After(at);
            left--;
            if (type == DescriptorBlock)
            {
                // An old block that only looks like the next one is told from damage when the commit's time is known.
                if (!TailMatches()) suspect = pass == Pass.FindEnd ? true : throw _journal.Damage($"block {place}: wrong checksum");
                if (pass == Pass.FindEnd && _journal.HasDataSums) dataSum = JournalChecksum.Crc32(dataSum, _block);
                ReadTags(pass, sequence, ref at, ref left, ref dataSum);
            }
            else if (type == RevokeBlock)
            {
                if (!TailMatches()) suspect = pass == Pass.FindEnd ? true : throw _journal.Damage($"block {place}: wrong checksum");
                if (pass == Pass.Revocations) ReadRevocations(sequence, place);
            }
            else if (type == CommitBlock)
            {
                long time = (long)BinaryPrimitives.ReadUInt64BigEndian(_block.AsSpan(0x30));
                if (pass == Pass.FindEnd)
                {
                    if (suspect && time < lastCommit) break;
                    if (suspect) throw _journal.Damage($"transaction {sequence} was committed, and a block of it has a wrong checksum");
                    if (!CommitMatches(dataSum)) break;
                }
                lastCommit = time;
                dataSum = uint.MaxValue;
                sequence++;
            }
            else
            {
                break;
            }
        }
        if (pass == Pass.FindEnd) _end = sequence;
    }

    private void ReadTags(Pass pass, uint sequence, ref long at, ref long left, ref uint dataSum)
    {
        bool isV3 = _journal.Has(JournalFeatures.ChecksumV3), isWide = _journal.Has(JournalFeatures.SixtyFourBit);
        int tagBytes = isV3 ? 16 : 8 + (_journal.Has(JournalFeatures.ChecksumV2) ? 2 : 0) + (isWide ? 4 : 0);
        int end = _block.Length - (_journal.HasBlockSums ? 4 : 0);
        for (int tag = HeaderBytes; tag + tagBytes <= end && left > 0;)
        {
            uint flags = isV3 ? U32(tag + 4) : BinaryPrimitives.ReadUInt16BigEndian(_block.AsSpan(tag + 6));
            long block = U32(tag) | (isWide ? (long)U32(tag + 8) << 32 : 0);
            uint sum = isV3 ? U32(tag + 12) : BinaryPrimitives.ReadUInt16BigEndian(_block.AsSpan(tag + 4));
            if (pass == Pass.FindEnd && _journal.HasDataSums)
            {
                _journal.Read(at, _data);
                dataSum = JournalChecksum.Crc32(dataSum, _data);
            }
            if (pass == Pass.Map) Put(sequence, block, at, flags, sum, isV3);
            at = _journal.After(at);
            left--;
            if ((flags & LastTag) != 0) break;
            tag += tagBytes + ((flags & SameUuid) == 0 ? 16 : 0);
        }
    }

    private void Put(uint sequence, long block, long at, uint flags, uint sum, bool isV3)
    {
        // Numbers of transactions wrap around; the nearer half counts as later.
        if (_revoked.TryGetValue(block, out uint revoked) && (int)(revoked - sequence) >= 0) return;
        if (block < 0 || block >= _volume.Super.BlockCount) throw _journal.Damage($"block {at} is for block {block} of {_volume.Super.BlockCount}");
        if (_journal.HasBlockSums)
        {
            _journal.Read(at, _data);
            uint actual = ExtChecksum.Crc32C(_journal.Seed, BinaryPrimitives.ReverseEndianness(sequence));
            actual = ExtChecksum.Crc32C(actual, _data);
            if ((isV3 ? actual : (ushort)actual) != sum)
                throw _journal.Damage($"block {at} (transaction {sequence}, for block {block}): its checksum is {actual:x8}, not {sum:x8}");
        }
        if (_map.Count >= MaximumBlocks) throw new UnsupportedException($"{_volume.Source.Name}: more than {MaximumBlocks} blocks wait in its journal; mount it once, or run e2fsck.");
        _map[block] = ReplayedBlockSource.Pack(_journal.Locate(at), (flags & Escaped) != 0);
    }

    private void ReadRevocations(uint sequence, long place)
    {
        int size = _journal.Has(JournalFeatures.SixtyFourBit) ? 8 : 4;
        uint used = U32(HeaderBytes);
        if (used > _block.Length - (_journal.HasBlockSums ? 4 : 0)) throw _journal.Damage($"block {place}: {used} bytes of revocations");
        for (int at = HeaderBytes + 4; at + size <= used; at += size)
        {
            long block = size == 8 ? (long)BinaryPrimitives.ReadUInt64BigEndian(_block.AsSpan(at)) : U32(at);
            if (_revoked.Count >= MaximumBlocks) throw new UnsupportedException($"{_volume.Source.Name}: more than {MaximumBlocks} revocations in its journal; mount it once, or run e2fsck.");
            _revoked[block] = sequence;
        }
    }

    /// <summary>Whether the sum at the end of a descriptor or revocation block is right.</summary>
    private bool TailMatches()
    {
        if (!_journal.HasBlockSums) return true;
        uint sum = ExtChecksum.Crc32C(ExtChecksum.Crc32C(_journal.Seed, _block.AsSpan(0, _block.Length - 4)), 0u);
        return sum == U32(_block.Length - 4);
    }

    /// <summary>Whether a commit's sum is right; one without is as good as the journal promises.</summary>
    private bool CommitMatches(uint dataSum)
    {
        uint stored = U32(0x10);
        if (_journal.HasBlockSums)
        {
            _block.AsSpan(0x10, 4).Clear();
            return ExtChecksum.Crc32C(_journal.Seed, _block) == stored;
        }
        if (!_journal.HasDataSums) return true;
        byte type = _block[0xC], size = _block[0xD];
        return type == 1 && size == 4 && stored == dataSum || type == 0 && size == 0 && stored == 0;
    }

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_block.AsSpan(offset));
}
