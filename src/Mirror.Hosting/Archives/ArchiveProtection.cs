using System.Globalization;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption;
using Mirror.Dump.Encryption.Age;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting.Archives;

/// <summary>Compression and keys of archives, as users and configuration files say them.</summary>
public static class ArchiveProtection
{
    private const int UsualLevel = 2;
    private const int PrefixBytes = 4;

    /// <summary>Reads <c>zlib</c> (which is <c>zlib:2</c>) or <c>zlib:1</c> to <c>zlib:9</c>.</summary>
    /// <returns>The level; 0 for no compression, when <paramref name="method"/> is null.</returns>
    /// <exception cref="UsageException">It is neither.</exception>
    public static int Compression(string? method)
    {
        string[] parts = (method ?? "").Split(':');
        if (method is null) return 0;
        if (parts[0] == "zlib" && parts.Length == 1) return UsualLevel;
        return parts[0] == "zlib" && parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int level) && level is >= 1 and <= 9
            ? level
            : throw new UsageException($"'{method}' is no compression that can be written: zlib, or zlib:1 to zlib:9.");
    }

    /// <summary>Makes the key of a new archive; null when it is not to be encrypted.</summary>
    /// <exception cref="AgeFormatException">A recipient or the passphrase is none, or both were given.</exception>
    public static ArchiveSeal? Seal(IReadOnlyList<AgeRecipient> recipients, AgePassphrase? passphrase, DumpRequest request, string? shownLabel, string? shownHost)
    {
        if (recipients.Count == 0 && passphrase is null) return null;
        return ArchiveSeal.New(new ArchiveSealOptions
        {
            Recipients = recipients,
            Passphrase = passphrase,
            BlockBytes = (request.BlockRecords * 1024) + (request.CompressionLevel > 0 ? PrefixBytes : 0),
            ShownLabel = shownLabel,
            ShownHostName = shownHost,
        });
    }

    /// <summary>What opens archives; null when nothing was given.</summary>
    /// <param name="identityFiles">Files with age identities.</param>
    /// <param name="passphraseFile">A file with a passphrase.</param>
    public static ArchiveOpener? Opener(IReadOnlyList<string> identityFiles, string? passphraseFile)
    {
        if (identityFiles.Count == 0 && passphraseFile is null) return null;
        return new ArchiveOpener([.. identityFiles.SelectMany(AgeKeyFiles.ReadIdentities)], passphraseFile is null ? null : AgeKeyFiles.ReadPassphrase(passphraseFile));
    }

    /// <summary>The index of an archive; null when none was named.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ArchiveIndex? Index(string? path)
    {
        if (path is null) return null;
        using FileStream file = new(path, FileMode.Open, FileAccess.Read);
        return ArchiveIndex.Read(file, path);
    }
}
