using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Writing;

/// <summary>What stands at a place of a tape unit: a header (no records), or data, which may still have to be read.</summary>
internal struct TapeEvent
{
    /// <summary>Where it begins in the unit's buffer.</summary>
    public int At;

    /// <summary>Records of data; 0 for a header.</summary>
    public int Records;

    /// <summary>Number of the first record since the header before.</summary>
    public int FirstRecord;

    /// <summary>Bytes to read; the rest of the last record is zero. 0 when the data is there.</summary>
    public int ReadBytes;

    /// <summary>Whose content is read.</summary>
    public Inode? Inode;

    /// <summary>The run that it is in; a length of 0 when it is read by its place in the file.</summary>
    public DataRun Run;

    /// <summary>Its place in the run, or in the file.</summary>
    public long Offset;

    /// <summary>The data check of its records, once filled.</summary>
    public ulong Check;
}
