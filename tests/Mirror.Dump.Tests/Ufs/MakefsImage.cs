using Mirror.Dump.FileSystems;
using Mirror.Dump.FileSystems.Ufs;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Ufs;

/// <summary>
/// A UFS that makefs made, in memory, and hands to change it with: what makefs does not make (holes, attributes, snapshots) is put in by hand. It is a
/// source itself.
/// </summary>
internal sealed class MakefsImage : IBlockSource
{
    private readonly UfsSuperblock _super;

    public MakefsImage(byte[] bytes)
    {
        Bytes = bytes;
        _super = UfsSuperblock.Read(this);
        Order = _super.Order;
    }

    public byte[] Bytes { get; }

    public UfsOrder Order { get; }

    public string Name => "test.ufs";

    public long SizeBytes => Bytes.Length;

    public int Version => _super.Version;

    public int SuperblockAt => _super.Place;

    public int BlockBytes => _super.BlockBytes;

    public int FragmentBytes => _super.FragmentBytes;

    /// <summary>Makes an image of a directory.</summary>
    public static MakefsImage Make(string directory, int version, string order, int blockBytes, int fragmentBytes, params string[] more)
    {
        string file = Path.GetTempFileName();
        try
        {
            Shell.Run("makefs", ["-t", "ffs", "-B", order, "-o", $"version={version},bsize={blockBytes},fsize={fragmentBytes}", .. more, file, directory]);
            return new MakefsImage(File.ReadAllBytes(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    public MakefsImage Copy() => new([.. Bytes]);

    public UfsFileSystem Open() => UfsFileSystem.Open(this);

    /// <summary>The inode that a path leads to.</summary>
    public static Inode Find(IFileSystem fileSystem, string path)
    {
        Inode at = fileSystem.ReadInode(2)!;
        foreach (string part in path.Split('/'))
            at = fileSystem.ReadInode(fileSystem.ReadDirectory(at).First(e => System.Text.Encoding.UTF8.GetString(e.Name.Span) == part).Number)!;
        return at;
    }

    /// <summary>Where an inode's record begins.</summary>
    public int InodeAt(uint number) => (int)(_super.InodeBlock(number) * FragmentBytes) + (int)(number % _super.InodesPerGroup % (uint)_super.InodesPerBlock) * _super.InodeBytes;

    /// <summary>Where a pointer of an inode stands: 0 to 11 direct, 12 to 14 the trees.</summary>
    public int PointerAt(uint number, int index) => InodeAt(number) + (Version == 1 ? 40 : 112) + index * 4 * Version;

    public long Pointer(int at) => Version == 1 ? Order.U32(Bytes, at) : Order.I64(Bytes, at);

    public void PutPointer(int at, long value) => Put(at, value, 4 * Version);

    public void PutSize(uint number, long value) => Put(InodeAt(number) + (Version == 1 ? 8 : 16), value, 8);

    /// <summary>Writes a number in the image's byte order.</summary>
    public void Put(int at, long value, int bytes)
    {
        for (int i = 0; i < bytes; i++) Bytes[at + (Order.Big ? bytes - 1 - i : i)] = (byte)(value >> (8 * i));
    }

    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Bytes.Length - destination.Length) throw new DamagedException($"{Name}: bytes from {offset} on are past the end.");
        Bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    public void Dispose()
    {
    }
}
