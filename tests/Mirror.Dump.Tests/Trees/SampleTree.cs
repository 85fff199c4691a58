using System.Text;

namespace Mirror.Dump.Tests.Trees;

/// <summary>Fills a directory with what a file system can hold: sizes around every limit, holes, links, devices, names, attributes, times.</summary>
internal sealed class SampleTree(string root, int blockBytes)
{
    private readonly Random _random = new(20261124);

    /// <summary>Files of every kind of size.</summary>
    public SampleTree Files()
    {
        foreach (int size in (int[])[0, 1, 59, 60, 61, 100, 150, 160, 1023, 1024, 1025, 4095, 4096, 4097, 12 * blockBytes, 12 * blockBytes + 1, 300_000])
            File.WriteAllBytes(In($"size-{size}"), Bytes(size));
        File.WriteAllBytes(In("large"), Bytes((12 + blockBytes / 4 + 40) * blockBytes > 8 << 20 ? 5 << 20 : (12 + blockBytes / 4 + 40) * blockBytes));
        return this;
    }

    /// <summary>Files with holes, in few and in many parts.</summary>
    public SampleTree Holes(int parts)
    {
        using (var file = File.Create(In("holes")))
        {
            foreach (long at in (long[])[3L * blockBytes, 100 * blockBytes + 5, 70_000L * blockBytes, 70_002L * blockBytes])
            {
                file.Position = at;
                file.Write(Bytes(700));
            }
            file.SetLength(90_000L * blockBytes + 3);
        }
        using (var file = File.Create(In("parts")))
        {
            for (int i = 0; i < parts; i++)
            {
                file.Position = (long)i * 2 * blockBytes;
                file.Write(Bytes(blockBytes - 10));
            }
        }
        using (var file = File.Create(In("all-hole"))) file.SetLength(1 << 30);
        return this;
    }

    /// <summary>Space that was reserved and never written: before, between and after data.</summary>
    public SampleTree Reserved()
    {
        using (var file = File.Create(In("reserved")))
        {
            file.Position = 20L * blockBytes;
            file.Write(Bytes(3 * blockBytes));
        }
        Shell.Run("fallocate", "-l", $"{60 * blockBytes}", In("reserved"));
        File.WriteAllBytes(In("reserved-behind"), Bytes(2 * blockBytes + 9));
        Shell.Run("fallocate", "-n", "-o", $"{3 * blockBytes}", "-l", $"{40 * blockBytes}", In("reserved-behind"));
        return this;
    }

    /// <summary>Symbolic and hard links, FIFOs, sockets and device files.</summary>
    public SampleTree Specials()
    {
        foreach (int length in (int[])[1, 58, 59, 60, 61, 120, 155, 500, 1000]) File.CreateSymbolicLink(In($"link-{length}"), new string('t', length));
        File.WriteAllBytes(In("linked"), Bytes(5000));
        for (int i = 0; i < 3; i++) Shell.Run("ln", In("linked"), In($"also-{i}"));
        Shell.Run("mkfifo", In("fifo"));
        foreach (var (name, kind, major, minor) in ((string, string, int, int)[])[("tty", "c", 4, 1), ("wide", "c", 300, 70_000), ("disk", "b", 8, 17), ("wide-disk", "b", 4095, 1_048_575)])
            Shell.Run("mknod", In(name), kind, $"{major}", $"{minor}");
        Shell.Script($"chmod 6751 '{In("linked")}'; chown 305419896:3735928559 '{In("linked")}'; chmod 0 '{In("fifo")}'; chown -h 70000:80000 '{In("link-58")}'");
        return this;
    }

    /// <summary>Directories: large ones, deep ones, long and foreign names.</summary>
    public SampleTree Directories(int names)
    {
        string large = Directory.CreateDirectory(In("large-directory")).FullName;
        for (int i = 0; i < names; i++) File.Create(Path.Combine(large, $"a-name-that-fills-blocks-sooner-{i:D6}-{new string((char)('a' + i % 26), i % 90)}")).Dispose();
        for (int i = 0; i < names; i += 7) File.Delete(Directory.GetFiles(large)[0]);
        string deep = In("deep");
        for (int i = 0; i < 40; i++) deep = Path.Combine(deep, $"d{i}");
        Directory.CreateDirectory(deep);
        File.WriteAllText(Path.Combine(deep, "bottom"), "bottom");
        string mixed = Directory.CreateDirectory(In("names")).FullName;
        foreach (string name in (string[])[new string('n', 255), "ü", "日本語のファイル", " blank ", "new\nline", "back\\slash", "-", "~"]) File.WriteAllText(Path.Combine(mixed, name), name);
        foreach (int count in (int[])[1, 2, 3, 4, 5, 6, 8])
        {
            string few = Directory.CreateDirectory(In($"few-{count}")).FullName;
            for (int i = 0; i < count; i++) Directory.CreateDirectory(Path.Combine(few, $"entry{i}"));
        }
        return this;
    }

    /// <summary>Extended attributes that fit in the inode, in a block, and ACLs.</summary>
    public SampleTree Attributes(int large)
    {
        foreach (var (name, sizes) in ((string, int[])[])[("attr-small", [5]), ("attr-empty", [0]), ("attr-some", [10, 20, 33]), ("attr-block", [300, 200]), ("attr-large", [large])])
        {
            File.WriteAllBytes(In(name), Bytes(30));
            for (int i = 0; i < sizes.Length; i++) Native.SetAttribute(In(name), $"user.number-{i}", Bytes(sizes[i]));
        }
        Native.SetAttribute(In("attr-some"), "trusted.überall", Bytes(7));
        Native.SetAttribute(In("attr-some"), "security.made-up", Bytes(8));
        string directory = Directory.CreateDirectory(In("attr-directory")).FullName;
        Native.SetAttribute(directory, "user.d", Bytes(9));
        byte[] acl = Acl((1, 7, uint.MaxValue), (2, 6, 1000), (2, 4, 4_000_000_000), (4, 5, uint.MaxValue), (8, 1, 77), (16, 7, uint.MaxValue), (32, 4, uint.MaxValue));
        Native.SetAttribute(directory, "system.posix_acl_default", acl);
        Native.SetAttribute(directory, "system.posix_acl_access", acl);
        File.WriteAllText(Path.Combine(directory, "inherits"), "x");
        Native.SetAttribute(In("attr-small"), "system.posix_acl_access", acl);
        File.CreateSymbolicLink(In("attr-link"), "nowhere");
        Native.SetAttribute(In("attr-link"), "trusted.of-link", Bytes(3));
        return this;
    }

    /// <summary>Many values of the longest kind, some of them the same.</summary>
    public SampleTree LongAttributes()
    {
        File.WriteAllText(In("attr-long"), "x");
        File.WriteAllText(In("attr-long-too"), "x");
        byte[] shared = Bytes(40_000);
        for (int i = 0; i < 5; i++) Native.SetAttribute(In("attr-long"), $"user.long-{i}", Bytes(10_000 + 13_000 * i));
        Native.SetAttribute(In("attr-long"), "user.shared", shared);
        Native.SetAttribute(In("attr-long-too"), "user.shared", shared);
        return this;
    }

    /// <summary>Times with fractions, before 1970, after 2038 and 2106.</summary>
    public SampleTree Times()
    {
        foreach (string time in (string[])["@0", "@-1.25", "@-2000000000.5", "@2147483647.999999999", "@2147483648", "@4294967296.000000001", "@9000000000.123456789", "@14000000000"])
        {
            string path = In($"time{time}");
            File.WriteAllText(path, time);
            Shell.Run("touch", "-m", "-d", time, path);
            Shell.Run("touch", "-a", "-d", "@1234567890.987654321", path);
        }
        return this;
    }

    private static byte[] Acl(params (ushort Tag, ushort Permissions, uint Id)[] entries)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(2u);
        foreach (var (tag, permissions, id) in entries)
        {
            writer.Write(tag);
            writer.Write(permissions);
            writer.Write(id);
        }
        return stream.ToArray();
    }

    private string In(string name) => Path.Combine(root, name);

    private byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        // Blocks of zeroes would be made holes by mke2fs -d.
        for (int i = 0; i < length; i += 512) bytes[i] |= 1;
        return bytes;
    }
}
