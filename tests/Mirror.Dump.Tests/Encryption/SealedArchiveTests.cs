using System.Text;
using Mirror.Dump.Encryption;
using Mirror.Dump.Encryption.Age;

namespace Mirror.Dump.Tests.Encryption;

public sealed class SealedArchiveTests
{
    [Theory]
    [InlineData(0, 1000)]
    [InlineData(1, 1)]
    [InlineData(7, 10240)]
    [InlineData(2000, 1000)]
    [InlineData(5, 2 << 20)]
    public void What_was_sealed_comes_back(int blocks, int blockBytes)
    {
        using SealedArchive archive = SealedArchive.Make(blocks, blockBytes);
        foreach (bool pipe in new[] { false, true })
        {
            IReadOnlyList<SealedRead> found = archive.Read(pipe: pipe);
            Assert.Equal(blocks + 1, found.Count);
            Assert.Empty(archive.Missing(found));
            Assert.Equal(SealedReadKind.End, found[^1].Kind);
            Assert.Equal(archive.Offsets[..blocks], found.Take(blocks).Select(f => f.Offset));
        }
    }

    [Fact]
    public void Block_numbers_go_on_from_volume_to_volume_and_the_last_volume_is_marked()
    {
        using AgeIdentity identity = AgeIdentity.New();
        using var seal = ArchiveSeal.New(new ArchiveSealOptions { Recipients = [identity.Recipient], BlockBytes = 100, ShownLabel = "root", ShownHostName = "host-ä" });
        var volumes = new List<byte[]>();
        for (int v = 0; v < 3; v++)
        {
            var output = new MemoryStream();
            SealedVolumeWriter writer = seal.BeginVolume(output);
            for (int i = 0; i < 5; i++) writer.Add(Encoding.ASCII.GetBytes($"volume {v} block {i}"));
            if (v == 0) Assert.Throws<InvalidOperationException>(() => seal.BeginVolume(new MemoryStream()));
            writer.Complete(v == 2);
            volumes.Add(output.ToArray());
        }
        using var opener = new ArchiveOpener([identity]);
        for (int v = 0; v < 3; v++)
        {
            using SealedVolumeReader reader = opener.Open(new MemoryStream(volumes[v]), $"volume {v}");
            Assert.Equal((v + 1, v * 6L, "root", "host-ä", 1), (reader.Header.Volume, reader.Header.FirstBlock, reader.Header.Label, reader.Header.HostName, reader.Header.Recipients));
            IReadOnlyList<SealedRead> found = SealedArchive.ReadAll(reader);
            Assert.Equal(Enumerable.Range(0, 5).Select(i => $"volume {v} block {i}"), found.Take(5).Select(f => Encoding.ASCII.GetString(f.Data.Span)));
            Assert.Equal(v == 2 ? SealedReadKind.End : SealedReadKind.EndOfVolume, found[5].Kind);
        }
        // A block of another volume has another number: it is named and left out.
        byte[] spliced = [.. volumes[0][..^SealFormat.OverheadBytes], .. volumes[1][seal.HeaderBytes..]];
        using SealedVolumeReader mixed = opener.Open(new MemoryStream(spliced), "mixed");
        Assert.Contains(SealedArchive.ReadAll(mixed), r => r.Kind == SealedReadKind.Damage && r.Number == 5 && r.Count == 1);
    }

    [Fact]
    public void Label_and_host_are_hidden_unless_asked_for()
    {
        using SealedArchive archive = SealedArchive.Make(1);
        SealedHeader header = ArchiveRecipients.ReadHeader(new MemoryStream(archive.Bytes), "test.dump");
        Assert.Equal(("", ""), (header.Label, header.HostName));
    }

    [Fact]
    public void A_passphrase_opens_and_another_does_not()
    {
        using var passphrase = new AgePassphrase("correct horse"u8, workFactor: 10);
        using var seal = ArchiveSeal.New(new ArchiveSealOptions { Passphrase = passphrase, BlockBytes = 10 });
        var output = new MemoryStream();
        SealedVolumeWriter writer = seal.BeginVolume(output);
        writer.Add("0123456789"u8);
        writer.Complete(lastVolume: true);
        output.Position = 0;
        using (var opener = new ArchiveOpener([], passphrase))
        using (SealedVolumeReader reader = opener.Open(output, "p")) Assert.Equal("0123456789"u8.ToArray(), reader.Read().Data.ToArray());
        output.Position = 0;
        using (var wrong = new AgePassphrase("wrong"u8))
        using (var opener = new ArchiveOpener([], wrong)) Assert.Contains("passphrase", Assert.Throws<AgeFormatException>(() => opener.Open(output, "p")).Message);
        output.Position = 0;
        using var identity = AgeIdentity.New();
        using (var opener = new ArchiveOpener([identity])) Assert.Contains("--passphrase-file", Assert.Throws<AgeFormatException>(() => opener.Open(output, "p")).Message);
    }

    [Fact]
    public void Any_block_is_found_by_its_number_with_and_without_a_hint()
    {
        using SealedArchive archive = SealedArchive.Make(3000, 3000);
        using var opener = new ArchiveOpener([archive.Identity]);
        using SealedVolumeReader reader = opener.Open(new MemoryStream(archive.Bytes), "test.dump");
        var random = new Random(5);
        for (int i = 0; i < 300; i++)
        {
            int number = random.Next(archive.Blocks.Count);
            if (i % 3 == 0) reader.Seek(number, archive.Offsets[number]);
            else if (i % 3 == 1) reader.Seek(number, archive.Offsets[number] + random.Next(-1000, 1000) * 1000L);
            else reader.Seek(number);
            for (int j = number; j < Math.Min(number + 3, archive.Blocks.Count); j++)
            {
                SealedRead read = reader.Read();
                Assert.Equal((SealedReadKind.Block, (long)j), (read.Kind, read.Number));
                Assert.Equal(archive.Blocks[j], read.Data.ToArray());
            }
        }
        reader.Seek(archive.Blocks.Count);
        Assert.Equal(SealedReadKind.End, reader.Read().Kind);
        reader.Seek(archive.Blocks.Count + 100);
        Assert.Equal(SealedReadKind.End, reader.Read().Kind);
    }

    [Fact]
    public void A_failed_output_is_told()
    {
        using var identity = AgeIdentity.New();
        using var seal = ArchiveSeal.New(new ArchiveSealOptions { Recipients = [identity.Recipient], BlockBytes = 100_000 });
        SealedVolumeWriter writer = seal.BeginVolume(new MemoryStream(new byte[seal.HeaderBytes + 1_500_000]));
        byte[] block = new byte[100_000];
        Assert.Throws<IOException>(() =>
        {
            for (int i = 0; i < 1000; i++) writer.Add(block);
            writer.Complete(lastVolume: true);
        });
        Assert.False(writer.IsComplete);
    }

    [Fact]
    public void A_block_that_was_sealed_under_another_number_is_not_written()
    {
        using var identity = AgeIdentity.New();
        using var seal = ArchiveSeal.New(new ArchiveSealOptions { Recipients = [identity.Recipient], BlockBytes = 100 });
        MemoryStream output = new();
        SealedVolumeWriter writer = seal.BeginVolume(output);
        byte[] block = new byte[ArchiveSeal.SealedBytes(100)];
        for (int number = 0; number < 2; number++)
        {
            seal.SealBlock(new BlockHead(number, 100, Flags: 0), new byte[100], block);
            Assert.Equal(output.Length, writer.AddSealed(block, 1));
        }
        long before = output.Length;
        foreach (int number in new[] { 0, 1, 3 })
        {
            seal.SealBlock(new BlockHead(number, 100, Flags: 0), new byte[100], block);
            Assert.Throws<InvalidOperationException>(() => writer.AddSealed(block, 1));
        }
        Assert.Equal(before, output.Length);
    }
}
