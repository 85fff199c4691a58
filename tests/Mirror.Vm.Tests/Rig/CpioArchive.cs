using System.Text;

namespace Mirror.Vm.Tests.Rig;

/// <summary>Writes the "newc" archive that a Linux kernel takes as its first root (Documentation/driver-api/early-userspace/buffer-format.rst).</summary>
internal sealed class CpioArchive : IDisposable
{
    private readonly FileStream _stream;
    private int _inode;

    public CpioArchive(string path) => _stream = new FileStream(path, FileMode.Create);

    public void AddDirectory(string name) => Add(name, 0x41ED, []);

    public void AddFile(string name, byte[] content) => Add(name, 0x81ED, content);

    public void Dispose()
    {
        Add("TRAILER!!!", 0, []);
        _stream.Dispose();
    }

    private void Add(string name, int mode, byte[] content)
    {
        byte[] text = Encoding.UTF8.GetBytes(name + "\0");
        // magic, inode, mode, uid, gid, links, time, size, device (2), rdev (2), length of the name, checksum
        int[] fields = [++_inode, mode, 0, 0, 1, 0, content.Length, 0, 0, 0, 0, text.Length, 0];
        _stream.Write(Encoding.ASCII.GetBytes("070701" + string.Concat(fields.Select(field => field.ToString("x8")))));
        _stream.Write(text);
        Pad();
        _stream.Write(content);
        Pad();
    }

    private void Pad() => _stream.Write(new byte[(4 - _stream.Position % 4) % 4]);
}
