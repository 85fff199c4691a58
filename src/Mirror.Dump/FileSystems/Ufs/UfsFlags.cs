namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>Flags of the superblock that matter here (FreeBSD sys/ufs/ffs/fs.h).</summary>
[Flags]
internal enum UfsFlags : uint
{
    None = 0,
    Unclean = 0x01,
    SoftUpdates = 0x02,
    NeedsCheck = 0x04,
    SoftUpdatesJournal = 0x08,
    GeomJournal = 0x40,
}
