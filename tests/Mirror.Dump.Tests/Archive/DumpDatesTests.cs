using Mirror.Driver.Files;
using Mirror.Dump.Archive;

namespace Mirror.Dump.Tests.Archive;

/// <summary>The notes of what was archived when, in the form of stock dump.</summary>
public sealed class DumpDatesTests : IDisposable
{
    private const long Start = 1_700_000_000;      // Tue Nov 14 22:13:20 2023

    private readonly string _directory = Directory.CreateTempSubdirectory("dmd-").FullName;

    private string Dates => Path.Combine(_directory, "new", "dumpdates");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_is_noted_is_read_again_and_a_lower_level_is_built_on()
    {
        DumpDates dates = DumpDates.Read(Dates);
        dates.Note("/srv/my disk", 0, Start, new FileDurability());
        dates.Note("/srv/my disk", 2, Start + 100, new FileDurability());
        dates.Note("other", 1, Start + 200, new FileDurability());
        dates.Note("/srv/my disk", 2, Start + 300, new FileDurability());
        Assert.Equal(
            ["/srv/my disk 0 Tue Nov 14 22:13:20 2023 +0000", "other 1 Tue Nov 14 22:16:40 2023 +0000", "/srv/my disk 2 Tue Nov 14 22:18:20 2023 +0000"],
            File.ReadAllLines(Dates));
        DumpDates again = DumpDates.Read(Dates);
        Assert.Equal((Start, Start, Start + 300, null, null), (again.Since("/srv/my disk", 1), again.Since("/srv/my disk", 2), again.Since("/srv/my disk", 3), again.Since("/srv/my disk", 0), again.Since("/srv", 9)));
        Assert.Equal((Start + 300, null), (again.DateOf("/srv/my disk", 2), again.DateOf("/srv/my disk", 1)));
    }

    [Fact]
    public void A_day_of_one_digit_and_another_zone_are_read_as_stock_dump_writes_them()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Dates)!);
        File.WriteAllText(Dates, "/dev/sda1 0 Wed Nov  1 12:00:00 2023 +0200\n\n");
        Assert.Equal(new DateTimeOffset(2023, 11, 1, 10, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(), DumpDates.Read(Dates).Since("/dev/sda1", 1));
    }

    [Theory]
    [InlineData("/dev/sda1 0 whenever")]
    [InlineData("/dev/sda1 x Wed Nov  1 12:00:00 2023 +0200")]
    [InlineData("Wed Nov  1 12:00:00 2023 +0200")]
    public void A_line_that_is_none_is_named(string line)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Dates)!);
        File.WriteAllText(Dates, $"/dev/sda1 0 Wed Nov  1 12:00:00 2023 +0200\n{line}\n");
        Assert.Contains("line 2", Assert.Throws<IOException>(() => DumpDates.Read(Dates)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Notes_are_on_stable_storage_before_they_have_the_name_and_the_name_after()
    {
        FailingDurability calls = new();
        DumpDates.Read(Dates).Note("a", 0, Start, calls);
        Assert.Collection(
            calls.Calls,
            file => Assert.Equal(Path.GetFileName(file.Path), file.Files),
            directory => Assert.Equal((Path.GetDirectoryName(Dates)!, "dumpdates"), directory));
        Assert.NotEqual(Dates, calls.Calls[0].Path);
    }

    [Fact]
    public void Notes_that_cannot_be_made_durable_leave_the_file_as_it_was()
    {
        DumpDates.Read(Dates).Note("a", 0, Start, new FileDurability());
        byte[] before = File.ReadAllBytes(Dates);
        Assert.Throws<IOException>(() => DumpDates.Read(Dates).Note("b", 0, Start, new FailingDurability(failing: 1)));
        Assert.Equal(before, File.ReadAllBytes(Dates));
        Assert.Equal([Dates], Directory.GetFiles(Path.GetDirectoryName(Dates)!));
    }
}
