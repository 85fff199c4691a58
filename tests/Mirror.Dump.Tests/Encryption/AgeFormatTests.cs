using System.Security.Cryptography;
using System.Text;
using Mirror.Dump.Encryption.Age;

namespace Mirror.Dump.Tests.Encryption;

/// <summary>The age v1 format as age-encryption.org/v1 has it: what is well made opens, what is not is refused with a reason.</summary>
public sealed class AgeFormatTests : IDisposable
{
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private readonly AgeIdentity _identity = AgeIdentity.New();
    private readonly byte[] _fileKey = RandomNumberGenerator.GetBytes(AgePrimitives.FileKeyBytes);

    public void Dispose() => _identity.Dispose();

    [Fact]
    public void X25519_is_that_of_RFC_7748()
    {
        byte[] scalar = Convert.FromHexString("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
        byte[] shared = AgePrimitives.Agree(scalar, Convert.FromHexString("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"))!;
        Assert.Equal("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552", Convert.ToHexStringLower(shared));
        Assert.Null(AgePrimitives.Agree(scalar, new byte[32]));
    }

    [Fact]
    public void Scrypt_is_that_of_RFC_7914() =>
        Assert.Equal("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2",
            Convert.ToHexStringLower(AgePrimitives.Scrypt("pleaseletmein"u8.ToArray(), "SodiumChloride"u8.ToArray(), 14)));

    [Theory]
    [InlineData("A12UEL5L", true)]
    [InlineData("a12uel5l", true)]
    [InlineData("an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs", true)]
    [InlineData("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", true)]
    [InlineData("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", true)]
    [InlineData("?1ezyfcl", true)]
    [InlineData("A12UEL5l", false)]
    [InlineData("pzry9x0s0muk", false)]
    [InlineData("1pzry9x0s0muk", false)]
    [InlineData("x1b4n0q5v", false)]
    [InlineData("li1dgmt3", false)]
    [InlineData("A1G7SGD8", false)]
    [InlineData("10a06t8", false)]
    [InlineData("1qzzfhee", false)]
    public void Bech32_reads_the_vectors_of_BIP_173(string text, bool valid)
    {
        // "abcdef1..." and "split1..." hold whole bytes; the others hold none.
        Assert.Equal(valid, Bech32.TryDecode(text, out string prefix, out byte[] data));
        if (valid) Assert.Equal(text.ToLowerInvariant(), Bech32.Encode(prefix, data));
    }

    [Fact]
    public void A_recipient_or_identity_with_one_character_changed_cut_or_of_other_case_is_refused()
    {
        string recipient = _identity.Recipient.ToString(), secret = _identity.ToSecretText();
        Assert.Equal(_identity.Recipient, AgeRecipient.Parse(recipient));
        Assert.Equal(_identity.Recipient, AgeIdentity.Parse(secret).Recipient);
        for (int i = 0; i < recipient.Length; i++)
        {
            char other = recipient[i] == 'q' ? 'p' : 'q';
            Assert.Throws<AgeFormatException>(() => AgeRecipient.Parse(recipient[..i] + other + recipient[(i + 1)..]));
            Assert.Throws<AgeFormatException>(() => AgeRecipient.Parse(recipient[..i]));
        }
        for (int i = 0; i < secret.Length; i++)
        {
            char other = secret[i] == 'Q' ? 'P' : 'Q';
            Exception refused = Assert.Throws<AgeFormatException>(() => AgeIdentity.Parse(secret[..i] + other + secret[(i + 1)..]));
            Assert.DoesNotContain(secret[20..40], refused.Message);
        }
        Assert.Throws<AgeFormatException>(() => AgeRecipient.Parse(recipient.ToUpperInvariant()));
        Assert.Throws<AgeFormatException>(() => AgeIdentity.Parse(secret.ToLowerInvariant()));
        Assert.Contains("secret", Assert.Throws<AgeFormatException>(() => AgeRecipient.Parse(secret)).Message);
        Assert.Contains("SSH", Assert.Throws<AgeFormatException>(() => AgeRecipient.Parse("ssh-ed25519 AAAA")).Message);
        // 31 bytes, and a prefix of a plugin: well made, but no X25519 recipient.
        Assert.Throws<AgeFormatException>(() => AgeRecipient.Parse(Bech32.Encode("age", new byte[31])));
        Assert.Throws<AgeFormatException>(() => AgeRecipient.Parse(Bech32.Encode("age1yubikey", new byte[32])));
    }

    [Fact]
    public void Many_recipients_open_each_and_duplicates_are_wrapped_once()
    {
        AgeIdentity[] identities = [.. Enumerable.Range(0, 20).Select(_ => AgeIdentity.New())];
        byte[] file = AgeFile.Encrypt(Secret, [.. identities.Select(i => i.Recipient), identities[3].Recipient, AgeRecipient.Parse(identities[4].Recipient.ToString())]);
        Assert.Equal(20, AgeHeader.Read(file).Stanzas.Count);
        Assert.All(identities, i => Assert.Equal(Secret, AgeFile.Decrypt(file, 32, [i], null)));
        Assert.Contains("none of its 20 recipients", Refusal(file));
    }

    [Fact]
    public void A_file_cut_at_every_byte_is_refused()
    {
        byte[] file = AgeFile.Encrypt(Secret, [_identity.Recipient]);
        for (int length = 0; length < file.Length; length++) Refusal(file[..length]);
        Refusal([.. file, 0]);
    }

    [Fact]
    public void A_file_with_any_bit_flipped_is_refused()
    {
        byte[] file = AgeFile.Encrypt(Secret, [_identity.Recipient]);
        for (int bit = 0; bit < 8 * file.Length; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            Refusal(file);
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Stanzas_that_are_not_well_made_are_refused_for_their_reason()
    {
        AgeStanza good = _identity.Recipient.Wrap(_fileKey);
        string share = good.Arguments[1];
        Assert.Equal(Secret, AgeFile.Decrypt(Compose(good), 32, [_identity], null));
        // A stanza of an unknown type is passed over, and the X25519 one is found among others.
        Assert.Equal(Secret, AgeFile.Decrypt(Compose(new AgeStanza(["grease", "!~#", "b"], new byte[48]), good, AgeIdentity.New().Recipient.Wrap(_fileKey)), 32, [_identity], null));
        Assert.Contains("1 recipients", Refusal(Compose(good with { Arguments = ["x25519", share] })));
        Assert.Contains("2 arguments", Refusal(Compose(good with { Arguments = ["X25519", share, "1"] })));
        Assert.Contains("0 arguments", Refusal(Compose(good with { Arguments = ["X25519"] })));
        Assert.Contains("canonical", Refusal(Compose(good with { Arguments = ["X25519", share[..^1] + NotCanonical(share[^1])] })));
        Assert.Contains("canonical", Refusal(Compose(good with { Arguments = ["X25519", share + "="] })));
        Assert.Contains("canonical", Refusal(Compose(good with { Arguments = ["X25519", share[..^4]] })));
        Assert.Contains("low order", Refusal(Compose(good with { Arguments = ["X25519", AgeBase64.Encode(new byte[32])] })));
        Assert.Contains("wraps 33", Refusal(Compose(good with { Body = [.. good.Body, 0] })));
        Assert.Contains("MAC does not verify", Refusal(Compose([good], RandomNumberGenerator.GetBytes(16))));
    }

    [Fact]
    public void Headers_that_are_not_well_made_are_refused_for_their_reason()
    {
        string text = Encoding.Latin1.GetString(AgeFile.Encrypt(Secret, [_identity.Recipient]));
        Assert.Contains("does not begin", Edited("age-encryption.org/v1\n", "age-encryption.org/v2\n"));
        Assert.Contains("printable", Edited("age-encryption.org/v1\n", "age-encryption.org/v1\r\n"));
        Assert.Contains("first line", Edited("-> X25519 ", "-> X25519  "));
        Assert.Contains("neither", Edited("-> X25519", "->X25519"));
        Assert.Contains("neither", Edited("\n--- ", "\n---"));
        Assert.Contains("MAC", Edited("\n--- ", "\n---  "));
        Assert.Contains("printable", Edited("-> X25519 ", "-> X25519 \u00e4"));
        string body = text.Split('\n')[2];
        Assert.Contains("canonical", Edited(body, body[..^1] + NotCanonical(body[^1])));
        Assert.Contains("canonical", Edited(body, body + "="));
        Assert.Contains("longer than 64", Edited(body, body + new string('A', 40)));
        Assert.Contains("no stanza", Refusal(Encoding.Latin1.GetBytes("age-encryption.org/v1\n--- " + AgeBase64.Encode(new byte[32]) + "\n")));

        string Edited(string from, string to) => Refusal(Encoding.Latin1.GetBytes(text.Replace(from, to, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_body_of_full_lines_ends_with_an_empty_one()
    {
        AgeStanza good = _identity.Recipient.Wrap(_fileKey);
        foreach (int length in new[] { 0, 1, 47, 48, 49, 96 })
        {
            byte[] file = Compose(new AgeStanza(["other"], RandomNumberGenerator.GetBytes(length)), good);
            Assert.Equal(length, AgeHeader.Read(file).Stanzas[0].Body.Length);
            Assert.Equal(Secret, AgeFile.Decrypt(file, 32, [_identity], null));
        }
    }

    [Fact]
    public void A_passphrase_stands_alone_and_its_work_is_bounded()
    {
        using var passphrase = new AgePassphrase("p"u8, workFactor: 8);
        AgeStanza good = passphrase.Wrap(_fileKey);
        Assert.Equal(Secret, AgeFile.Decrypt(Compose(good), 32, [], passphrase));
        Assert.Contains("stands alone", Refuse(Compose(good, good)));
        Assert.Contains("stands alone", Refuse(Compose(good, _identity.Recipient.Wrap(_fileKey))));
        Assert.Contains("stands alone", Refuse(Compose(_identity.Recipient.Wrap(_fileKey), good)));
        // scrypt is known by the memory it takes: 1 KiB for each step of work.
        Assert.InRange(Allocated(() => AgeFile.Decrypt(Compose(good), 32, [], passphrase)), 256 << 10, 1 << 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (string factor in new[] { "21", "23", "30", "63", "999999999" }) Assert.Contains("refused", Refuse(Compose(good with { Arguments = ["scrypt", good.Arguments[1], factor] })));
        foreach (string factor in new[] { "0", "08", "010", "+8", "-8", "0x8", "8 ", "a", "99999999999999999999", "٨" })
            Refuse(Compose(good with { Arguments = ["scrypt", good.Arguments[1], factor] }));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20, "work was done before the work factor was looked at");
        Assert.Contains("passphrase is not", Refuse(Compose(good with { Arguments = ["scrypt", good.Arguments[1], "9"] })));
        Assert.Contains("salt", Refuse(Compose(good with { Arguments = ["scrypt", AgeBase64.Encode(new byte[17]), "8"] })));
        Assert.Contains("1 arguments", Refuse(Compose(good with { Arguments = ["scrypt", good.Arguments[1]] })));
        Assert.Contains("3 arguments", Refuse(Compose(good with { Arguments = [.. good.Arguments, "x"] })));

        string Refuse(byte[] file) => Assert.Throws<AgeFormatException>(() => AgeFile.Decrypt(file, 32, [_identity], passphrase)).Message;

        static long Allocated(Action work)
        {
            long from = GC.GetAllocatedBytesForCurrentThread();
            work();
            return GC.GetAllocatedBytesForCurrentThread() - from;
        }
    }

    [Fact]
    public void Too_many_stanzas_for_the_identities_at_hand_are_not_tried()
    {
        AgeStanza good = _identity.Recipient.Wrap(_fileKey);
        byte[] file = Compose(Enumerable.Repeat(good, 9000).ToArray());
        AgeIdentity[] many = [.. Enumerable.Repeat(_identity, 8)];
        Assert.Contains("more than 65536", Assert.Throws<AgeFormatException>(() => AgeFile.Decrypt(file, 32, many, null)).Message);
    }

    private byte[] Compose(params AgeStanza[] stanzas) => Compose(stanzas, _fileKey);

    /// <summary>A file of these stanzas, with a MAC of this key.</summary>
    private byte[] Compose(AgeStanza[] stanzas, byte[] macKey)
    {
        byte[] nonce = new byte[16], payloadKey = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _fileKey, payloadKey, nonce, "payload"u8);
        return [.. AgeHeader.Write(stanzas, macKey), .. nonce, .. AgePrimitives.Seal(payloadKey, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], Secret)];
    }

    private string Refusal(byte[] file) => Assert.Throws<AgeFormatException>(() => AgeFile.Decrypt(file, 32, [_identity], null)).Message;

    /// <summary>The next digit: in a last place, where it holds bits that must be zero, it means the same bytes.</summary>
    private static char NotCanonical(char digit)
    {
        const string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        return digits[digits.IndexOf(digit, StringComparison.Ordinal) + 1];
    }
}
