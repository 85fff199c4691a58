using Mirror.Core.Security;

namespace Mirror.Core.Tests.Security;

/// <summary>The values were computed with another implementation (Python's hmac and hashlib) from docs/protocol.md.</summary>
public sealed class SecretTests
{
    private const string Master = "dm1-master-000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f-509a8412";
    private const string Mirror = "dm1-client-db-1.data-mirror-eb1d6b96b22c4784b5836d5e9351a6899c23e2e94e3bfe0df5f1ba307eab7c88-3eb8b90f";
    private const string Restore = "dm1-client-db-1.data-restore-3764567ba625f08c1621094fdedb049475d612e98aa3e3165a6a512d132d5033-f3f6c371";

    [Fact]
    public void A_master_derives_the_secrets_of_the_document()
    {
        Secret master = Secret.Parse(Master);
        Assert.Equal(SecretKind.Master, master.Kind);
        Assert.Equal(Mirror, master.ForClient("db-1.data", MirrorRight.Mirror).ToText());
        Assert.Equal(Restore, master.ForClient("db-1.data", MirrorRight.Restore).ToText());
        Assert.Equal("be8f3ce6c8bcbf620cea26d4bf4aaa5b9c19c17bae38a30c742fe9b2f3d38088", Convert.ToHexStringLower(Secret.Parse(Mirror).ProofKey()));
    }

    [Fact]
    public void The_proofs_are_those_of_the_document()
    {
        byte[] key = Secret.Parse(Mirror).ProofKey();
        byte[] certificate = Enumerable.Repeat((byte)7, 32).ToArray();
        Assert.Equal("90d83b70b9192c7a6379ae3e3abc12ee592bd0db09fda7fb887c4694cb3145d6", Convert.ToHexStringLower(HandshakeProof.OfClient(key, certificate, "HELLO"u8, "CHALLENGE"u8).ToArray()));
        Assert.Equal("dc4db84de0723dbee9b107610874ef98b7a3cd4e903099e596707896878d5668", Convert.ToHexStringLower(HandshakeProof.OfServer(key, certificate, "HELLO"u8, "CHALLENGE"u8).ToArray()));
    }

    [Theory]
    [InlineData(Master)]
    [InlineData(Mirror)]
    [InlineData(Restore)]
    public void The_text_form_goes_round(string text)
    {
        Assert.Equal(text, Secret.Parse(text).ToText());
        Assert.Equal(text, Secret.Parse($" {text}\r\n").ToText());
    }

    [Fact]
    public void A_client_secret_names_its_volume_and_right_and_gives_only_itself()
    {
        Secret client = Secret.Parse(Mirror);
        Assert.Equal((SecretKind.Client, "db-1.data", MirrorRight.Mirror), (client.Kind, client.Volume, client.Right));
        Assert.Same(client, client.ForClient("db-1.data", MirrorRight.Mirror));
        var e = Assert.Throws<SecretException>(() => client.ForClient("other", MirrorRight.Mirror));
        Assert.Contains("'db-1.data'", e.Message);
        Assert.Contains("'other'", e.Message);
        Assert.Contains("diskmirror secret derive", e.Message);
        Assert.Throws<SecretException>(() => client.ForClient("db-1.data", MirrorRight.Restore));
    }

    [Fact]
    public void New_masters_differ_and_their_secrets_are_never_printed()
    {
        Secret a = Secret.NewMaster(), b = Secret.NewMaster();
        Assert.NotEqual(a.ToText(), b.ToText());
        Assert.Equal(a.ToText(), Secret.Parse(a.ToText()).ToText());
        Assert.Equal("master secret", a.ToString());
        Assert.DoesNotContain(a.ToText()[11..75], a.ForClient("v", MirrorRight.Mirror).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\n", "empty")]
    [InlineData("hello", "dm1-")]
    [InlineData("dm1-", "cut short")]
    [InlineData("dm1-master", "cut short")]
    [InlineData("dm1-master-0001-509a8412", "4 digits")]
    [InlineData("dm1-master-000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1-509a8412", "63 digits")]
    [InlineData("dm1-master-000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eXX-509a8412", "hexadecimal")]
    [InlineData("dm1-master-000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f-509a8413", "checksum")]
    [InlineData("dm1-master-000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e2f-509a8412", "checksum")]
    [InlineData("dm1-client-db-1.data-restore-eb1d6b96b22c4784b5836d5e9351a6899c23e2e94e3bfe0df5f1ba307eab7c88-3eb8b90f", "checksum")]
    [InlineData("dm1-master-0000000000000000000000000000000000000000000000000000000000000000-bc481f23", "weak")]
    [InlineData("dm1-master-000102030405060708090a0b0c0d0e000102030405060708090a0b0c0d0e0001-4ee2315f", "weak: 15")]
    public void What_is_wrong_with_a_secret_is_said(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<SecretException>(() => Secret.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("dm1-slave-", "kind")]
    [InlineData("dm1-client-", "volume")]
    [InlineData("dm1-client-mirror-", "volume")]
    [InlineData("dm1-client--mirror-", "volume")]
    [InlineData("dm1-client-.x-mirror-", "volume")]
    [InlineData("dm1-client-x-write-", "right")]
    [InlineData("dm1-client-x-Mirror-", "right")]
    [InlineData("dm1-Master-", "kind")]
    public void A_head_that_makes_no_sense_is_refused_in_spite_of_its_checksum(string head, string expected)
    {
        string body = head + Master[11..75];
        string sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(body)))[..8];
        Assert.Contains(expected, Assert.Throws<SecretException>(() => Secret.Parse($"{body}-{sum}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sixteen_different_bytes_are_enough() =>
        Secret.Parse("dm1-master-000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f-6618b4d0");

    [Fact]
    public void No_changed_character_goes_unseen()
    {
        for (int at = 0; at < Mirror.Length; at++)
        {
            foreach (char c in "0a-Zé\0")
            {
                if (Mirror[at] == c) continue;
                string changed = Mirror[..at] + c + Mirror[(at + 1)..];
                Assert.Throws<SecretException>(() => Secret.Parse(changed));
            }
            Assert.Throws<SecretException>(() => Secret.Parse(Mirror[..at]));
            Assert.Throws<SecretException>(() => Secret.Parse(Mirror.Remove(at, 1)));
        }
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("0", true)]
    [InlineData("Db-1_x.y", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("-a", false)]
    [InlineData("_a", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("é", false)]
    [InlineData("a\u0661", false)]
    public void Volume_names_keep_the_rule(string? name, bool valid) => Assert.Equal(valid, VolumeName.IsValid(name));

    [Fact]
    public void Volume_names_have_at_most_64_characters()
    {
        Assert.True(VolumeName.IsValid(new string('a', 64)));
        Assert.False(VolumeName.IsValid(new string('a', 65)));
        Assert.Contains("A-Z", Assert.Throws<ArgumentException>(() => VolumeName.Require("a/b")).Message, StringComparison.Ordinal);
    }
}
