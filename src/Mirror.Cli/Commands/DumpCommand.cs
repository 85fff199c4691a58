using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Operations;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption.Age;
using Mirror.Hosting.Archives;
using Mirror.Hosting.Settings;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror dump</c>: an archive of a file system. Not all could be read: exit code 1, the archive has all else.</summary>
internal static class DumpCommand
{
    public static Command Build()
    {
        Argument<string> source = new("SOURCE") { Description = "An image, a disk or a partition with ext2, ext3, ext4, UFS1 or UFS2; or, on the server's host, VOLUME or VOLUME@SNAPSHOT. A disk that is mounted changes meanwhile; a volume is read from a snapshot, which does not." };
        Option<int?> partition = new("--partition") { Description = "The number of the partition in SOURCE, when it is a whole disk.", HelpName = "N" };
        Option<int> level = new("--level") { Description = "0: everything. 1 to 9: what changed since the newest archive of a lower level.", HelpName = "N" };
        Option<string> output = new("--out") { Description = "The file to write; - for stdout.", HelpName = "FILE", DefaultValueFactory = _ => "-" };
        Option<string?> label = new("--label") { Description = "The archive's label, at most 15 bytes; that of the file system when not given.", HelpName = "TEXT" };
        Option<int> blockSize = new("--block-size") { Description = "KiB of a tape block, 1 to 1024. Stock restore reads compressed archives with more than 32 only with its -b.", HelpName = "KIB", DefaultValueFactory = _ => 32 };
        Option<string?> volumeSize = new("--volume-size") { Description = "Cut the archive into files of at most so many bytes: FILE001, FILE002, ...", HelpName = "BYTES" };
        Option<string?> compress = new("--compress") { Description = "zlib, or zlib:1 to zlib:9; zlib alone is zlib:2, and zlib:1 is the same.", HelpName = "METHOD" };
        Option<uint[]> exclude = new("--exclude-inode") { Description = "Leave out this inode, and all below it when it is a directory. May be given several times.", HelpName = "INODE" };
        Option<string?> index = new("--index") { Description = "Write an index, with which single files are found without reading the whole archive.", HelpName = "FILE" };
        Option<string[]> encrypt = new("--encrypt") { Description = "Encrypt to this recipient (age1...). May be given several times.", HelpName = "AGE_RECIPIENT" };
        Option<string?> passphrase = new("--encrypt-passphrase-file") { Description = "Encrypt with the passphrase in this file.", HelpName = "FILE" };
        Option<bool> showLabel = new("--show-label") { Description = "Leave the label of an encrypted archive readable for anybody." };
        Option<bool> showHost = new("--show-host") { Description = "Leave the host's name in an encrypted archive readable for anybody." };
        Option<string?> dates = new("--dumpdates") { Description = "The file that keeps which level was archived when.", HelpName = "FILE" };
        Option<string?> name = new("--name") { Description = "What stands for this file system in that file; SOURCE when not given (of VOLUME@SNAPSHOT the volume). For a mirrored volume: its name, whatever image it is read from.", HelpName = "NAME" };
        Option<bool> noRecord = new("--no-record") { Description = "Do not note this archive there." };
        Option<string?> mountPoint = new("--mount-point") { Description = "What the file system is called in the archive; stock 'restore -C' compares with what is there.", HelpName = "PATH" };
        Option<bool> force = new("--force") { Description = "Replace files that are there." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("dump", "Write an archive of a file system in the DUMP format, which stock restore reads.")
        {
            source, partition, level, output, label, blockSize, volumeSize, compress, exclude, index, encrypt, passphrase, showLabel, showHost, dates, name, noRecord, mountPoint, force, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            string file = parsed.GetValue(output)!;
            string? cut = parsed.GetValue(volumeSize);
            if (file == "-" && parsed.GetValue(json)) throw new UsageException("--json would stand in the archive on stdout. Name a file with --out.");
            if (file == "-" && !Console.IsOutputRedirected) throw new UsageException("An archive is nothing for a terminal. Name a file with --out FILE, or a pipe.");
            ExportRequest request = new()
            {
                Source = parsed.GetValue(source)!,
                Partition = parsed.GetValue(partition),
                File = file == "-" ? null : file,
                Replace = parsed.GetValue(force),
                Level = parsed.GetValue(level),
                Label = parsed.GetValue(label),
                BlockSize = parsed.GetValue(blockSize),
                VolumeBytes = cut is null ? 0 : ByteQuantity.Parse(cut),
                CompressionLevel = ArchiveProtection.Compression(parsed.GetValue(compress)),
                ExcludedInodes = parsed.GetValue(exclude) ?? [],
                IndexFile = parsed.GetValue(index),
                Recipients = [.. (parsed.GetValue(encrypt) ?? []).Select(AgeRecipient.Parse)],
                Passphrase = parsed.GetValue(passphrase) is { } secret ? AgeKeyFiles.ReadPassphrase(secret) : null,
                ShowLabel = parsed.GetValue(showLabel),
                ShowHost = parsed.GetValue(showHost),
                DatesFile = parsed.GetValue(dates),
                KnownAs = parsed.GetValue(name),
                Record = !parsed.GetValue(noRecord),
                MountPoint = parsed.GetValue(mountPoint),
            };
            using Stream stdout = file == "-" ? Console.OpenStandardOutput() : Stream.Null;
            DumpResult result;
            using (ArchiveProgress progress = new("dumped"))
            {
                result = await Task.Run(() => ArchiveExport.RunAsync(request, stdout, Tell, progress.Report, cancellation), cancellation);
            }
            foreach (string problem in result.Problems) Tell(problem);
            if (parsed.GetValue(json)) JsonOut.Write(result);
            else Console.Error.WriteLine(ArchiveText.Line(result));
            return result.Problems.Count > 0 ? ExitCodes.Failure : ExitCodes.Success;
        });
        return command;
    }

    private static void Tell(string what) => Console.Error.WriteLine($"diskmirror: {PlainText.Clean(what)}");
}
