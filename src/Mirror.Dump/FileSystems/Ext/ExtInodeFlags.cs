namespace Mirror.Dump.FileSystems.Ext;

/// <summary>Inode flags that change how an inode is read.</summary>
[Flags]
internal enum ExtInodeFlags : uint
{
    Encrypted = 0x800,
    Index = 0x1000,
    HugeFile = 0x40000,
    Extents = 0x80000,
    AttributeValue = 0x200000,
    InlineData = 0x10000000,
}
