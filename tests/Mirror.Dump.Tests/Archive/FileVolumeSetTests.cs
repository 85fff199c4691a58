using Mirror.Driver.Files;
using Mirror.Dump.Archive;

namespace Mirror.Dump.Tests.Archive;

/// <summary>An archive that is told to be written is on stable storage, under its name.</summary>
public sealed class FileVolumeSetTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("volumes-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Each_volume_is_synced_before_it_gets_its_name_and_the_names_before_it_is_complete()
    {
        FailingDurability storage = new();
        Write(storage, volumes: 2);
        Assert.Equal(
            [
                (PathOf("archive001.incomplete"), "archive001.incomplete"),
                (PathOf("archive002.incomplete"), "archive001.incomplete archive002.incomplete"),
                (_directory, "archive001 archive002"),
            ],
            storage.Calls);
    }

    [Theory]
    [InlineData(1, "archive001.incomplete")]
    [InlineData(2, "archive002.incomplete")]
    public void A_volume_that_the_disk_has_lost_is_an_error_with_its_name_and_no_archive(int failing, string name)
    {
        IOException e = Assert.Throws<IOException>(() => Write(new FailingDurability(failing), volumes: 2));
        Assert.Contains(PathOf(name), e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_directory));
    }

    [Fact]
    public void Names_that_the_disk_has_lost_are_an_error()
    {
        IOException e = Assert.Throws<IOException>(() => Write(new FailingDurability(3), volumes: 2));
        Assert.Contains(_directory, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_real_storage_takes_files_and_directories_and_names_what_is_not_there()
    {
        Write(new FileDurability(), volumes: 1);
        Assert.Equal([PathOf("archive001")], Directory.EnumerateFiles(_directory));
        IOException e = Assert.Throws<IOException>(() => new FileDurability().SyncDirectory(PathOf("none")));
        Assert.Contains(PathOf("none"), e.Message, StringComparison.Ordinal);
        using FileStream device = new("/dev/null", FileMode.Open, FileAccess.Write);
        new FileDurability().SyncFile(device.SafeFileHandle, "/dev/null");
    }

    private string PathOf(string name) => Path.Combine(_directory, name);

    private void Write(Core.Files.IFileDurability storage, int volumes)
    {
        using FileVolumeSet set = new(PathOf("archive"), several: true, replace: false, storage);
        for (int i = 1; i <= volumes; i++) set.Open(i).Write("content"u8);
        set.Complete();
    }
}
