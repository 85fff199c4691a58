namespace Mirror.Dump.FileSystems.Ext;

/// <summary>One entry of an attribute table, checked to lie in its space.</summary>
/// <param name="Index">Stands for the begin of the name.</param>
/// <param name="Name">The rest of the name.</param>
/// <param name="ValueInode">The inode that holds the value; 0 when it lies in the same space.</param>
/// <param name="ValueSize">Bytes of the value.</param>
/// <param name="Value">The value, where it lies in the same space.</param>
/// <param name="Hash">Sum of name and value; 0 when there is none.</param>
internal readonly record struct ExtAttributeEntry(
    byte Index, ReadOnlyMemory<byte> Name, uint ValueInode, int ValueSize, ReadOnlyMemory<byte> Value, uint Hash);
