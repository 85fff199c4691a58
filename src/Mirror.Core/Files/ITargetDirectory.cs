namespace Mirror.Core.Files;

/// <summary>An open directory of a target. Names are bytes without slash and NUL. Safe for several threads until it is disposed of. All methods throw <see cref="IOException"/>.</summary>
public interface ITargetDirectory : IDisposable
{
    /// <summary>Opens a directory in it; a symbolic link is refused.</summary>
    ITargetDirectory Open(ReadOnlySpan<byte> name);

    /// <summary>Makes a directory, for the owner only; one that is there stays.</summary>
    void MakeDirectory(ReadOnlySpan<byte> name);

    /// <summary>Makes a file, for the owner only; there must be nothing of that name.</summary>
    ITargetFile CreateFile(ReadOnlySpan<byte> name);

    /// <summary>Opens a file for reading; a symbolic link is refused.</summary>
    ITargetFile OpenFile(ReadOnlySpan<byte> name);

    /// <summary>Makes a symbolic link.</summary>
    void MakeSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target);

    /// <summary>Makes a device, FIFO or socket, for the owner only.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="mode"><c>st_mode</c>, of which the type counts.</param>
    /// <param name="major">Of a device.</param>
    /// <param name="minor">Of a device.</param>
    void MakeNode(ReadOnlySpan<byte> name, ushort mode, uint major, uint minor);

    /// <summary>Gives what is called <paramref name="existing"/> in <paramref name="directory"/> another name here.</summary>
    void MakeHardLink(ReadOnlySpan<byte> name, ITargetDirectory directory, ReadOnlySpan<byte> existing);

    /// <summary>Removes a name, or an empty directory.</summary>
    /// <returns>False when there is none.</returns>
    bool Remove(ReadOnlySpan<byte> name, bool directory);

    /// <summary>Moves; there must be nothing of the new name.</summary>
    void Rename(ReadOnlySpan<byte> name, ITargetDirectory to, ReadOnlySpan<byte> newName);

    /// <summary>What is there; null when nothing is.</summary>
    TargetStat? Stat(ReadOnlySpan<byte> name);

    /// <summary>The target of a symbolic link.</summary>
    byte[] ReadLink(ReadOnlySpan<byte> name);

    /// <summary>Extended attributes; of this directory when the name is empty.</summary>
    IReadOnlyList<TargetAttribute> ReadAttributes(ReadOnlySpan<byte> name);

    /// <summary>Sets owner, mode, attributes, times, flags of what is no file; of this directory when the name is empty. A symbolic link is not followed.</summary>
    void SetMetadata(ReadOnlySpan<byte> name, TargetMetadata metadata, ITargetFailures failures);
}
