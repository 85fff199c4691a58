using Mirror.Dump.Archive.Format;

namespace Mirror.Dump.Archive.Reading;

/// <summary>What the first valid header says of the whole archive.</summary>
internal sealed record ArchiveShape
{
    public required long Date { get; init; }
    public required long PreviousDate { get; init; }
    public required int Level { get; init; }
    public required int Magic { get; init; }
    public required bool BigEndian { get; init; }
    public required bool Compressed { get; init; }

    /// <summary>Whether directories are in the form of 4.3BSD.</summary>
    public required bool OldDirectories { get; init; }

    /// <summary>Records a tape block; at least 1.</summary>
    public required int BlockRecords { get; init; }

    public required string Label { get; init; }
    public required string FileSystem { get; init; }
    public required string Device { get; init; }
    public required string Host { get; init; }

    /// <summary>Finds the first valid header among the first records of an archive.</summary>
    /// <exception cref="DamagedException">There is none.</exception>
    public static ArchiveShape Find(ReadOnlySpan<byte> start, string name)
    {
        DumpHeader header = new();
        for (int at = 0; at + DumpFormat.RecordBytes <= start.Length; at += DumpFormat.RecordBytes)
        {
            ReadOnlySpan<byte> record = start.Slice(at, DumpFormat.RecordBytes);
            if (!header.TryRead(record)) continue;
            header.ReadTexts(record);
            bool compressed = (header.Flags & HeaderFlags.Compressed) != 0;
            if (header.BlockRecords is < 1 or > DumpFormat.MaxBlockRecords && compressed)
                throw new DamagedException($"{name}: its tape blocks would have {header.BlockRecords} records, not 1 to {DumpFormat.MaxBlockRecords}.");
            return new ArchiveShape
            {
                Date = header.Date,
                PreviousDate = header.PreviousDate,
                Level = header.Level,
                Magic = header.Magic,
                BigEndian = header.BigEndian,
                Compressed = compressed,
                OldDirectories = (header.Flags & HeaderFlags.NewInodeFormat) == 0,
                BlockRecords = header.BlockRecords is < 1 or > DumpFormat.MaxBlockRecords ? 1 : header.BlockRecords,
                Label = header.Label,
                FileSystem = header.FileSystem,
                Device = header.Device,
                Host = header.Host,
            };
        }
        if (start.Length >= 28 && System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(start[24..]) == DumpFormat.OldMagic)
            throw new DamagedException($"{name} is an archive in the form before 4.2BSD, which is not read here.");
        throw new DamagedException($"{name} is no dump archive: no valid header is among its first {start.Length / DumpFormat.RecordBytes} records.");
    }
}
