namespace Mirror.Dump.FileSystems.Ext;

/// <summary>What a reader needs of a group descriptor; checked.</summary>
/// <param name="InodeBitmap">The block of its inode bitmap.</param>
/// <param name="InodeTable">The first block of its inode table; the whole table lies within the file system.</param>
/// <param name="UsedInodes">Inodes of the group from which on the table was never written.</param>
/// <param name="BitmapChecksum">Of the inode bitmap; its low half only where descriptors are small.</param>
internal sealed record ExtGroup(long InodeBitmap, long InodeTable, uint UsedInodes, uint BitmapChecksum);
