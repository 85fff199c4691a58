using System.Buffers.Binary;
using Mirror.Dump.FileSystems;
using Mirror.Dump.FileSystems.Ext;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Ext;

/// <summary>A small image in memory whose bytes a test changes before it is read.</summary>
internal sealed class EditedImage : IDisposable
{
    private readonly ExtImage _image;

    /// <summary>Makes it with mke2fs from a directory.</summary>
    /// <param name="options">Of mke2fs.</param>
    /// <param name="populate">Fills the directory.</param>
    /// <param name="megabytes">Its size.</param>
    /// <param name="finish">Changes the image file by other programs before it is taken into memory.</param>
    public EditedImage(string options, Action<string> populate, int megabytes = 8, Action<string>? finish = null)
    {
        _image = ExtImage.Make((long)megabytes << 20, options, populate);
        finish?.Invoke(_image.File);
        Bytes = File.ReadAllBytes(_image.File);
    }

    public byte[] Bytes { get; }

    /// <summary>The volume, to find places in it.</summary>
    public ExtVolume Volume => new(new ArrayBlockSource(Bytes));

    public IFileSystem Open() => FileSystem.Open(new ArrayBlockSource((byte[])Bytes.Clone()));

    /// <summary>An inode by its name in the root, and where its record lies.</summary>
    public (uint Number, int Offset) Find(string name)
    {
        using var fileSystem = Open();
        uint number = fileSystem.ReadDirectory(fileSystem.ReadInode(2)!).Single(e => System.Text.Encoding.UTF8.GetString(e.Name.Span) == name).Number;
        return (number, OffsetOf(number));
    }

    /// <summary>Where an inode's record lies.</summary>
    public int OffsetOf(uint number)
    {
        var volume = Volume;
        var (group, index) = Math.DivRem(number - 1, volume.Super.InodesPerGroup);
        return (int)(new ExtGroupTable(volume)[group].InodeTable * volume.BlockBytes + index * volume.Super.InodeBytes);
    }

    public void Put32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(at), value);

    public void Dispose() => _image.Dispose();
}
