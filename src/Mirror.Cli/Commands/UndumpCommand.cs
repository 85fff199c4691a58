using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Operations;
using Mirror.Driver.Files;
using Mirror.Dump.Archive;
using Mirror.Dump.Archive.Reading;
using Mirror.Dump.Encryption;
using Mirror.Hosting.Archives;
using Mirror.Hosting.Settings;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror undump</c>: what is in an archive, and its way back. Damage, or differences when comparing: exit code 1, everything else was done.</summary>
internal static class UndumpCommand
{
    public static Command Build()
    {
        Argument<string[]> archive = new("ARCHIVE") { Description = "The archive: a file, the first of its volumes or all of them in order, or - for stdin.", Arity = ArgumentArity.OneOrMore };
        Option<bool> list = new("--list") { Description = "Show what is in it." };
        Option<string[]> extract = new("--extract") { Description = "Restore only these paths.", HelpName = "PATH", AllowMultipleArgumentsPerToken = true };
        Option<string?> to = new("--to") { Description = "The directory to restore into, or to compare with; it is made when it is not there.", HelpName = "DIR" };
        Option<bool> compare = new("--compare") { Description = "Compare with the directory, change nothing." };
        Option<bool> check = new("--check") { Description = "Read the whole archive and say what is damaged; nothing is written." };
        Option<bool> incremental = new("--incremental") { Description = "Restore level after level into the same directory: what was removed or renamed in between is removed or renamed." };
        Option<string?> index = new("--index") { Description = "The archive's index: single files are found without reading everything.", HelpName = "FILE" };
        Option<string[]> identity = new("--identity") { Description = "A file with age identities that open an encrypted archive.", HelpName = "FILE" };
        Option<string?> passphrase = new("--passphrase-file") { Description = "A file with the passphrase that opens an encrypted archive.", HelpName = "FILE" };
        Option<bool> force = new("--force") { Description = "Replace files that are in the way." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("undump", "List, compare or restore an archive in the DUMP format: ours, those of Linux dump, those of FreeBSD and NetBSD.")
        {
            archive, list, check, extract, to, compare, incremental, index, identity, passphrase, force, json,
        };
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            string[] paths = parsed.GetValue(archive)!;
            IVolumeSource volumes = paths is ["-"] ? new StreamVolumeSource(Console.OpenStandardInput(), "stdin") : new FileVolumeSource(paths);
            using ArchiveOpener? opener = ArchiveProtection.Opener(parsed.GetValue(identity) ?? [], parsed.GetValue(passphrase));
            if (parsed.GetValue(list)) return List(volumes, opener, parsed.GetValue(json));
            if (parsed.GetValue(check)) return Check(volumes, opener, parsed.GetValue(json), cancellation);
            string directory = parsed.GetValue(to) ?? throw new UsageException("Say what to do: --list, --check, or --to DIR to restore or compare.");
            using RestoreTarget target = RestoreTarget.Open(directory, create: !parsed.GetValue(compare));
            using ArchiveProgress progress = new(parsed.GetValue(compare) ? "compared" : "restored");
            string[] wanted = parsed.GetValue(extract) ?? [];
            UndumpResult result;
            if (parsed.GetValue(compare)) result = ArchiveOperations.Compare(volumes, opener, target, wanted, progress.Report, cancellation);
            else if (parsed.GetValue(incremental)) result = ArchiveOperations.RestoreLevel(volumes, opener, target, progress.Report, cancellation);
            else result = ArchiveOperations.Restore(volumes, opener, ArchiveProtection.Index(parsed.GetValue(index)), target, wanted, parsed.GetValue(force), progress.Report, cancellation);
            progress.Dispose();
            foreach (string line in result.Differences) Console.Out.WriteLine(PlainText.Clean(line));
            foreach (string line in result.NotSet.Concat(result.Problems)) Console.Error.WriteLine($"diskmirror: {PlainText.Clean(line)}");
            if (parsed.GetValue(json)) JsonOut.Write(result);
            else Console.Error.WriteLine(ArchiveText.Line(result)
                + (result.IsGood ? "" : parsed.GetValue(compare) ? $" {result.Differences.Count} differences, {result.Problems.Count} problems." : $" {result.Problems.Count} problems; everything else is restored."));
            return result.IsGood ? ExitCodes.Success : ExitCodes.Failure;
        }, cancellation));
        return command;
    }

    private static int Check(IVolumeSource volumes, ArchiveOpener? opener, bool json, CancellationToken cancellation)
    {
        UndumpResult result;
        using (ArchiveProgress progress = new("checked")) result = ArchiveOperations.Check(volumes, opener, progress.Report, cancellation);
        foreach (string line in result.Problems) Console.Error.WriteLine($"diskmirror: {PlainText.Clean(line)}");
        if (json) JsonOut.Write(result);
        else Console.Error.WriteLine(ArchiveText.Line(result) + (result.IsGood ? " Nothing is damaged." : $" {result.Problems.Count} problems."));
        return result.IsGood ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static int List(IVolumeSource volumes, ArchiveOpener? opener, bool json)
    {
        List<string> problems = [];
        using StreamWriter output = new(Console.OpenStandardOutput(), bufferSize: 1 << 16);
        if (json)
        {
            JsonOut.Write([.. ArchiveOperations.List(volumes, opener, problems)]);
        }
        else
        {
            foreach (ArchiveEntry entry in ArchiveOperations.List(volumes, opener, problems))
            {
                if (entry.InArchive) output.WriteLine(FormattableString.Invariant($"{entry.Inode,10}\t{PlainText.Clean(entry.Path == "." ? "." : "./" + entry.Path)}"));
            }
        }
        output.Flush();
        foreach (string line in problems) Console.Error.WriteLine($"diskmirror: {PlainText.Clean(line)}");
        return problems.Count == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }
}
