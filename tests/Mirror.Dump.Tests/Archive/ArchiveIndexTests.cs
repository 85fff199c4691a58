using System.Text;
using Mirror.Dump.Archive;

namespace Mirror.Dump.Tests.Archive;

/// <summary>What is read as the index of an archive, and what is not.</summary>
public sealed class ArchiveIndexTests
{
    private const string Head = "495115637697\n1.0\n1700000000\n\nino\ttapeno\ttapepos\n";

    [Theory]
    [InlineData("10\t1\t0\n20\t1\t65536\n30\t2\t1024\n")]
    [InlineData("30\t2\t1024\n10\t1\t0\n20\t1\t65536\n")]       // stock dump's need not be in order
    [InlineData("10\t1\t0\r\n20\t1\t65536\r\n30\t2\t1024\r\n")]
    [InlineData("10\t1\t0\n20\t1\t65536\n30\t2\t1024")]
    public void An_inode_is_looked_for_from_the_last_block_that_begins_at_or_before_it(string lines)
    {
        ArchiveIndex index = Read(Head + lines);
        Assert.Equal(1700000000, index.Date);
        Assert.Null(index.Find(9));
        Assert.Equal((1, 0), index.Find(10));
        Assert.Equal((1, 0), index.Find(19));
        Assert.Equal((1, 65536), index.Find(20));
        Assert.Equal((2, 1024), index.Find(30));
        Assert.Equal((2, 1024), index.Find(uint.MaxValue));
    }

    [Fact]
    public void An_index_longer_than_what_is_read_at_once_is_whole()
    {
        var text = new StringBuilder(Head);
        for (int i = 1; i <= 20_000; i++) text.Append(2 * i).Append("\t1\t").Append(i * 65536L).Append('\n');
        ArchiveIndex index = Read(text.ToString());
        for (int i = 1; i <= 20_000; i++) Assert.Equal((1, i * 65536L), index.Find((uint)(2 * i) + 1));
    }

    [Fact]
    public void An_archive_without_files_has_an_index_without_lines() => Assert.Null(Read(Head).Find(1));

    [Theory]
    [InlineData("")]
    [InlineData("495115637697\n")]
    [InlineData("495115637698\n1.0\n1700000000\n\nino\ttapeno\ttapepos\n")]
    [InlineData("495115637697\n1.1\n1700000000\n\nino\ttapeno\ttapepos\n")]
    [InlineData("495115637697\n1.0\nyesterday\n\nino\ttapeno\ttapepos\n")]
    [InlineData("495115637697\n1.0\n99999999999999999999\n\nino\ttapeno\ttapepos\n")]
    public void What_does_not_begin_like_an_index_is_none(string text) =>
        Assert.Contains("some.index is no index", Assert.Throws<DamagedException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10\t1")]
    [InlineData("10\t\t0")]
    [InlineData("\t1\t0")]
    [InlineData("10\t1\t")]
    [InlineData("10\t1\t0\t0")]
    [InlineData("10 1 0")]
    [InlineData("x\t1\t0")]
    [InlineData("10\t1\t0x")]
    [InlineData("-1\t1\t0")]
    [InlineData("4294967296\t1\t0")]
    [InlineData("10\t0\t0")]
    [InlineData("10\t2147483648\t0")]
    [InlineData("10\t1\t-1")]
    [InlineData("10\t1\t9223372036854775808")]
    [InlineData("10\t1\t99999999999999999999999")]
    public void A_line_that_is_none_is_named(string line) =>
        Assert.Contains("some.index: line 7 is no line", Assert.Throws<DamagedException>(() => Read($"{Head}5\t1\t0\n{line}\n20\t1\t0\n")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_line_without_an_end_takes_no_memory() =>
        Assert.Contains("line 7 is no line", Assert.Throws<DamagedException>(() => ArchiveIndex.Read(new Endless(Encoding.ASCII.GetBytes(Head + "5\t1\t0\n")), "some.index")).Message, StringComparison.Ordinal);

    private static ArchiveIndex Read(string text) => ArchiveIndex.Read(new MemoryStream(Encoding.ASCII.GetBytes(text)), "some.index");

    /// <summary>A few bytes, then digits without an end.</summary>
    private sealed class Endless(byte[] start) : MemoryStream
    {
        private int _given;

        public override int Read(Span<byte> buffer)
        {
            int length = Math.Min(buffer.Length, 1000);
            for (int i = 0; i < length; i++) buffer[i] = _given < start.Length ? start[_given++] : (byte)'7';
            return length;
        }
    }
}
