using System.Text;
using Mirror.Core.Boot;
using Mirror.Core.Client;

namespace Mirror.Hosting.Tests;

public sealed class BootMemoryTests : IDisposable
{
    private static readonly CleanStop s_stop = new()
    {
        Disk = "wwn=1; serial=2; model=three",
        SizeBytes = 1L << 40,
        Server = Guid.NewGuid(),
        Incarnation = Guid.NewGuid(),
        Mark = new MarkId(ulong.MaxValue - 5, 17),
        Drive = new DriveTestimony("three; 2", 5, 6, 7, 8, null),
    };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dm-boot-");

    [Fact]
    public void A_record_comes_back_once()
    {
        var memory = new BootMemory(_directory.FullName, "vol", "/dev/null");
        Assert.Null(memory.Take());
        memory.Leave(s_stop with { SizeBytes = 5 });
        memory.Leave(s_stop);
        Assert.Equal(s_stop, new BootMemory(_directory.FullName, "vol", "/dev/null").Take());
        Assert.Null(memory.Take());
        Assert.Empty(_directory.GetFiles());
    }

    [Fact]
    public void Any_damage_makes_it_no_record()
    {
        new BootMemory(_directory.FullName, "vol", "/dev/null").Leave(s_stop);
        byte[] whole = File.ReadAllBytes(_directory.GetFiles().Single().FullName);
        Assert.NotNull(BootMemory.Parse(whole));
        for (int at = 0; at < whole.Length - 1; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            Assert.Null(BootMemory.Parse(damaged));
            Assert.Null(BootMemory.Parse(whole.AsSpan(0, at)));
        }
        Assert.Null(BootMemory.Parse(Encoding.ASCII.GetBytes("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 ")));
    }

    [Fact]
    public void A_disk_that_is_no_drive_says_nothing() => Assert.Null(new BootMemory(_directory.FullName, "vol", "/dev/null").AskDrive());

    public void Dispose() => _directory.Delete(recursive: true);
}
