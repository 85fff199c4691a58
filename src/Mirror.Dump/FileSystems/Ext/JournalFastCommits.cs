using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>Finds out whether a journal has fast commits that a mount would replay after its last transaction. They are little-endian records of tag, length and value.</summary>
internal static class JournalFastCommits
{
    private const ushort Tail = 8, Head = 9;
    private const int HeaderBytes = 4;

    /// <summary>Whether there is at least one whole fast commit for the transaction that would come next.</summary>
    public static bool ArePresent(Journal journal, uint next, int blockBytes)
    {
        byte[] raw = new byte[blockBytes];
        // The kernel leaves the first block of the space unused.
        for (long i = 1; i < journal.FastBlocks; i++)
        {
            journal.Read(journal.End + i, raw);
            ReadOnlySpan<byte> left = raw;
            bool isFirst = i == 1;
            while (left.Length >= HeaderBytes)
            {
                ushort tag = BinaryPrimitives.ReadUInt16LittleEndian(left), length = BinaryPrimitives.ReadUInt16LittleEndian(left[2..]);
                if (tag is 0 or > Head || length > left.Length - HeaderBytes) return false;
                var value = left.Slice(HeaderBytes, length);
                if (isFirst && (tag != Head || value.Length < 8 || BinaryPrimitives.ReadUInt32LittleEndian(value[4..]) != next)) return false;
                if (tag == Tail) return value.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(value) == next;
                isFirst = false;
                left = left[(HeaderBytes + length)..];
            }
        }
        return false;
    }
}
