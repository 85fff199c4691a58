using Mirror.Dump.Encryption;
using Mirror.Dump.Encryption.Age;
using Xunit.Abstractions;

namespace Mirror.Dump.Tests.Encryption;

/// <summary>Sections 2.1 and 2.2 of docs/archive-encryption.md.</summary>
public sealed class HeaderTests(ITestOutputHelper output)
{
    [Fact]
    public void A_recipient_that_was_added_opens_the_archive_and_the_blocks_are_the_same()
    {
        using SealedArchive archive = SealedArchive.Make(5);
        using AgeIdentity added = AgeIdentity.New();
        byte[] after = Add(archive, archive.Bytes, added.Recipient);
        Assert.Equal(archive.Bytes[(int)archive.Offsets[0]..], after[(int)archive.Offsets[0]..]);
        foreach (AgeIdentity identity in new[] { added, archive.Identity })
        {
            using var opener = new ArchiveOpener([identity]);
            using SealedVolumeReader reader = opener.Open(new MemoryStream(after), "a");
            Assert.Empty(archive.Missing(SealedArchive.ReadAll(reader)));
            Assert.Empty(reader.Notes);
            Assert.Equal(2, reader.Header.Recipients);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public void A_crash_while_a_recipient_is_added_leaves_an_archive_that_opens(int damagedSlot)
    {
        using SealedArchive archive = SealedArchive.Make(3);
        using AgeIdentity added = AgeIdentity.New();
        int slot = (int)archive.Offsets[0] / 2;
        byte[] before = [.. archive.Bytes];
        // Where one header is damaged already, the other must not be touched before that one is whole.
        if (damagedSlot >= 0) before[damagedSlot * slot + 100] ^= 1;
        var volume = new RecordingStream(before);
        using (var opener = new ArchiveOpener([archive.Identity]))
            ArchiveRecipients.Add(volume, "a", opener, [archive.Identity], [added.Recipient], () => volume.Writes.Add((-1, [])));
        // Each is on stable storage before the next.
        Assert.Equal([false, true, false, true], volume.Writes.Select(w => w.At < 0));
        for (int whole = 0; whole < 4; whole += 2)
        {
            for (int written = 0; written <= slot; written += 509)
            {
                byte[] torn = [.. before];
                for (int i = 0; i < whole; i += 2) volume.Writes[i].Bytes.CopyTo(torn, volume.Writes[i].At);
                volume.Writes[whole].Bytes[..written].CopyTo(torn, volume.Writes[whole].At);
                using var opener = new ArchiveOpener([archive.Identity]);
                using SealedVolumeReader reader = opener.Open(new MemoryStream(torn), "a");
                Assert.Empty(archive.Missing(SealedArchive.ReadAll(reader)));
                // And it can be done again.
                using var again = new ArchiveOpener([added]);
                using SealedVolumeReader mended = again.Open(new MemoryStream(Add(archive, torn, added.Recipient)), "a");
                Assert.Empty(mended.Notes);
            }
        }
    }

    [Fact]
    public void A_recipient_can_be_added_where_one_header_is_damaged_and_mends_it()
    {
        using SealedArchive archive = SealedArchive.Make(3);
        int slot = (int)archive.Offsets[0] / 2;
        foreach (int at in new[] { 0, 13, 17, 5000, slot, slot + 12, slot + 5000, 2 * slot - 1 })
        {
            byte[] bytes = [.. archive.Bytes];
            bytes[at] ^= 0x40;
            using AgeIdentity added = AgeIdentity.New();
            using var opener = new ArchiveOpener([added]);
            using SealedVolumeReader reader = opener.Open(new MemoryStream(Add(archive, bytes, added.Recipient)), "a");
            Assert.Empty(reader.Notes);
        }
    }

    [Fact]
    public void Recipients_can_be_added_until_the_header_is_full_and_then_the_refusal_says_so()
    {
        using SealedArchive archive = SealedArchive.Make(1);
        AgeRecipient[] many = [.. Enumerable.Range(0, 200).Select(_ => AgeIdentity.New().Recipient)];
        byte[] bytes = Add(archive, archive.Bytes, many[..100]);
        Exception full = Assert.Throws<AgeFormatException>(() => Add(archive, bytes, many));
        Assert.Contains("no room", full.Message);
        using SealedArchive whole = archive;
        Assert.Empty(archive.Missing(archive.Read(bytes)));
        // A new archive takes a larger header.
        using var seal = ArchiveSeal.New(new ArchiveSealOptions { Recipients = many, BlockBytes = 10 });
        Assert.True(seal.HeaderBytes > archive.Offsets[0]);
    }

    [Fact]
    public void To_a_passphrase_nothing_can_be_added()
    {
        using var passphrase = new AgePassphrase("p"u8, workFactor: 8);
        using var seal = ArchiveSeal.New(new ArchiveSealOptions { Passphrase = passphrase, BlockBytes = 10 });
        var output = new MemoryStream();
        seal.BeginVolume(output).Complete(lastVolume: true);
        using var opener = new ArchiveOpener([], passphrase);
        Exception refused = Assert.Throws<AgeFormatException>(() => ArchiveRecipients.Add(new MemoryStream(output.ToArray()), "a", opener, [], [AgeIdentity.New().Recipient], () => { }));
        Assert.Contains("stands alone", refused.Message);
    }

    [Fact]
    public void A_header_that_was_altered_with_a_right_checksum_is_not_believed()
    {
        using SealedArchive archive = SealedArchive.Make(3);
        int slot = (int)archive.Offsets[0] / 2;
        byte[] bytes = [.. archive.Bytes];
        Alter(bytes.AsSpan(slot, slot));
        using var opener = new ArchiveOpener([archive.Identity]);
        using (SealedVolumeReader reader = opener.Open(new MemoryStream(bytes), "a"))
        {
            Assert.Empty(archive.Missing(SealedArchive.ReadAll(reader)));
            Assert.Contains("altered", Assert.Single(reader.Notes));
        }
        Alter(bytes.AsSpan(0, slot));
        Assert.Contains("altered", Assert.Throws<DamagedException>(() => opener.Open(new MemoryStream(bytes), "a")).Message);

        // The number of the first block, with a checksum that fits again.
        static void Alter(Span<byte> header)
        {
            header[48] ^= 1;
            System.Security.Cryptography.SHA256.HashData(header[..^32], header[^32..]);
        }
    }

    [Fact]
    public void Thousands_of_mutated_headers_open_or_are_refused_and_take_bounded_memory()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using SealedArchive archive = SealedArchive.Make(2, 100);
        using var opener = new ArchiveOpener([archive.Identity]);
        int slot = (int)archive.Offsets[0] / 2;
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = [.. archive.Bytes];
            for (int half = 0; half < 2; half++)
            {
                Span<byte> header = bytes.AsSpan(half * slot, slot);
                for (int change = random.Next(1, 5); change > 0; change--)
                {
                    int at = random.Next(3) == 0 ? random.Next(slot) : random.Next(random.Next(2) == 0 ? 72 : 1400);
                    header[at] = random.Next(3) == 0 ? (byte)0xFF : (byte)random.Next(256);
                }
                // Half of them with a checksum that fits, so that what is behind it is tried.
                if (random.Next(2) == 0) System.Security.Cryptography.SHA256.HashData(header[..^32], header[^32..]);
            }
            if (random.Next(10) == 0) bytes = bytes[..random.Next(bytes.Length)];
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using SealedVolumeReader reader = opener.Open(new MemoryStream(bytes), "mutated.dump");
                archive.Missing(SealedArchive.ReadAll(reader));
            }
            catch (Exception e) when (e is DamagedException or AgeFormatException)
            {
                Assert.Contains("mutated.dump", e.Message);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, turn {i}", e);
            }
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 32 << 20, $"seed {seed}, turn {i}: {GC.GetAllocatedBytesForCurrentThread() - before} bytes");
        }
    }

    private static byte[] Add(SealedArchive archive, byte[] bytes, params AgeRecipient[] recipients)
    {
        var volume = new MemoryStream([.. bytes]);
        using var opener = new ArchiveOpener([archive.Identity]);
        ArchiveRecipients.Add(volume, "a", opener, [archive.Identity], recipients, () => { });
        return volume.ToArray();
    }
}
