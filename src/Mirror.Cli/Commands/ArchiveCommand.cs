using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Operations;
using Mirror.Driver.Files;
using Mirror.Dump.Archive;
using Mirror.Dump.Archive.Reading;
using Mirror.Dump.Archive.Writing;
using Mirror.Dump.Encryption;
using Mirror.Dump.Encryption.Age;
using Mirror.Hosting.Archives;
using Mirror.Hosting.Settings;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror archive</c>: what can be done with the header of an encrypted archive.</summary>
internal static class ArchiveCommand
{
    public static Command Build() => new("archive", "Look after encrypted archives.") { AddRecipient(), WrappedKey(), Decrypt() };

    private static Command AddRecipient()
    {
        Argument<string[]> archives = new("archive") { Description = "The archive: all its volumes.", HelpName = "ARCHIVE", Arity = ArgumentArity.OneOrMore };
        Option<string> identity = new("--identity") { Description = "The file with an identity that opens it now.", HelpName = "FILE", Required = true };
        Option<string[]> recipient = new("--recipient") { Description = "Who shall open it too; may be given several times.", HelpName = "age1...", Required = true };
        Command command = new("add-recipient", "Let another key open an encrypted archive. Its blocks are not touched.") { archives, identity, recipient };
        command.SetAction(parsed =>
        {
            AgeRecipient[] added = [.. parsed.GetRequiredValue(recipient).Select(AgeRecipient.Parse)];
            IReadOnlyList<AgeIdentity> identities = AgeKeyFiles.ReadIdentities(parsed.GetRequiredValue(identity));
            using ArchiveOpener opener = new(identities);
            foreach (string path in parsed.GetRequiredValue(archives))
            {
                ArchiveRecipients.Add(path, opener, identities, added);
                Console.Error.WriteLine($"{path}: {added.Length} added.");
            }
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command WrappedKey()
    {
        Argument<string> archive = new("archive") { Description = "The archive, or one of its volumes.", HelpName = "ARCHIVE" };
        Command command = new("wrapped-key", "Write the age file that wraps an archive's key to stdout: 'age -d' opens it.") { archive };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(archive);
            using FileStream file = new(path, FileMode.Open, FileAccess.Read);
            using Stream output = Console.OpenStandardOutput();
            output.Write(ArchiveRecipients.WrappedKey(file, path));
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Decrypt()
    {
        Argument<string[]> archive = new("archive") { Description = "The archive: a file, the first of its volumes or all of them in order, or - for stdin.", HelpName = "ARCHIVE", Arity = ArgumentArity.OneOrMore };
        Option<string> output = new("--out") { Description = "The file of the plain archive; FILE001, FILE002, ... when there are several volumes; - for stdout.", HelpName = "FILE", Required = true };
        Option<string[]> identity = new("--identity") { Description = "A file with age identities that open it.", HelpName = "FILE" };
        Option<string?> passphrase = new("--passphrase-file") { Description = "A file with the passphrase that opens it.", HelpName = "FILE" };
        Option<bool> force = new("--force") { Description = "Replace files that are there." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("decrypt", "Make the plain archive of an encrypted one: stock restore reads it.") { archive, output, identity, passphrase, force, json };
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            string file = parsed.GetRequiredValue(output);
            if (file == "-" && parsed.GetValue(json)) throw new UsageException("--json would stand in the archive on stdout. Name a file with --out.");
            string[] paths = parsed.GetRequiredValue(archive);
            IVolumeSource volumes = paths is ["-"] ? new StreamVolumeSource(Console.OpenStandardInput(), "stdin") : new FileVolumeSource(paths);
            using ArchiveOpener opener = ArchiveProtection.Opener(parsed.GetValue(identity) ?? [], parsed.GetValue(passphrase)) ?? throw new UsageException("Say what opens it: --identity FILE or --passphrase-file FILE.");
            using Stream stdout = file == "-" ? Console.OpenStandardOutput() : Stream.Null;
            using IVolumeSet plain = file == "-" ? new StreamVolumeSet(stdout) : new FileVolumeSet(file, volumes.HasSeveral(), parsed.GetValue(force), new FileDurability());
            UnprotectResult result;
            using (ArchiveProgress progress = new("decrypted")) result = ArchiveDecryption.Decrypt(volumes, opener, plain, progress.Report, cancellation);
            foreach (string line in result.Problems) Console.Error.WriteLine($"diskmirror: {PlainText.Clean(line)}");
            if (parsed.GetValue(json)) JsonOut.Write(result);
            else Console.Error.WriteLine(FormattableString.Invariant($"{result.WrittenBytes} bytes in {result.Volumes} volume(s).") + (result.Problems.Count > 0 ? " What is damaged is left out." : ""));
            return result.Problems.Count == 0 ? ExitCodes.Success : ExitCodes.Failure;
        }, cancellation));
        return command;
    }
}
