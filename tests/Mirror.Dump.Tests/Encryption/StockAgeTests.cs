using Mirror.Dump.Encryption;
using Mirror.Dump.Encryption.Age;

namespace Mirror.Dump.Tests.Encryption;

/// <summary>Keys that administrators already have work here, and what is written here opens with the stock tool.</summary>
public sealed class StockAgeTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(100, 32).Select(i => (byte)i)];

    [SkippableFact]
    public void An_identity_of_age_keygen_opens_an_archive_and_age_opens_the_key_cut_out_of_it()
    {
        using var age = new StockAge();
        age.Run("age-keygen", "-o", age.File("id"));
        AgeIdentity identity = Assert.Single(AgeKeyFiles.ReadIdentities(age.File("id")));
        Assert.Equal(age.Run("age-keygen", "-y", age.File("id")).Trim(), identity.Recipient.ToString());
        using var other = AgeIdentity.New();
        byte[] archive = Archive(new ArchiveSealOptions { Recipients = [other.Recipient, identity.Recipient], BlockBytes = 10 });
        using var opener = new ArchiveOpener([identity]);
        using SealedVolumeReader reader = opener.Open(new MemoryStream(archive), "a");
        Assert.Equal("0123456789"u8.ToArray(), reader.Read().Data.ToArray());

        File.WriteAllBytes(age.File("wrapped"), ArchiveRecipients.WrappedKey(new MemoryStream(archive), "a"));
        age.Run("age", "-d", "-i", age.File("id"), "-o", age.File("key"), age.File("wrapped"));
        Assert.Equal(opener.KeptKey, File.ReadAllBytes(age.File("key")));
    }

    [SkippableFact]
    public void An_identity_made_here_is_one_for_age_keygen_and_opens_what_age_encrypts()
    {
        using var age = new StockAge();
        using var identity = AgeIdentity.New();
        AgeKeyFiles.Write(age.File("id"), identity, DateTimeOffset.Now);
        Assert.Equal(identity.Recipient.ToString(), age.Run("age-keygen", "-y", age.File("id")).Trim());
        File.WriteAllBytes(age.File("secret"), Secret);
        age.Run("age", "-r", AgeIdentity.New().Recipient.ToString(), "-r", identity.Recipient.ToString(), "-o", age.File("file"), age.File("secret"));
        Assert.Equal(Secret, AgeFile.Decrypt(File.ReadAllBytes(age.File("file")), 32, [identity], null));
    }

    [SkippableFact]
    public void Age_opens_what_was_added_here_and_what_was_there_before()
    {
        using var age = new StockAge();
        using AgeIdentity first = AgeIdentity.New(), second = AgeIdentity.New();
        AgeKeyFiles.Write(age.File("1"), first, DateTimeOffset.Now);
        AgeKeyFiles.Write(age.File("2"), second, DateTimeOffset.Now);
        File.WriteAllBytes(age.File("secret"), Secret);
        age.Run("age", "-r", first.Recipient.ToString(), "-o", age.File("file"), age.File("secret"));
        File.WriteAllBytes(age.File("both"), AgeFile.Add(File.ReadAllBytes(age.File("file")), [first], [second.Recipient]));
        foreach (string who in new[] { "1", "2" })
        {
            age.Run("age", "-d", "-i", age.File(who), "-o", age.File("out" + who), age.File("both"));
            Assert.Equal(Secret, File.ReadAllBytes(age.File("out" + who)));
        }
    }

    [SkippableFact]
    public void Passphrases_work_both_ways()
    {
        using var age = new StockAge();
        using var passphrase = new AgePassphrase("correct horse"u8);
        File.WriteAllBytes(age.File("secret"), Secret);
        age.RunWithPassphrase("correct horse", "-p", "-o", age.File("theirs"), age.File("secret"));
        Assert.Equal(Secret, AgeFile.Decrypt(File.ReadAllBytes(age.File("theirs")), 32, [], passphrase));
        File.WriteAllBytes(age.File("ours"), AgeFile.Encrypt(Secret, passphrase));
        age.RunWithPassphrase("correct horse", "-d", "-o", age.File("out"), age.File("ours"));
        Assert.Equal(Secret, File.ReadAllBytes(age.File("out")));
    }

    private static byte[] Archive(ArchiveSealOptions options)
    {
        using var seal = ArchiveSeal.New(options);
        var output = new MemoryStream();
        SealedVolumeWriter writer = seal.BeginVolume(output);
        writer.Add("0123456789"u8);
        writer.Complete(lastVolume: true);
        return output.ToArray();
    }
}
