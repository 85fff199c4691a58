using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Disks;
using Mirror.Core.Operations;
using Mirror.Driver.Disks;
using Spectre.Console;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror disks</c>: the disks and partitions of this host.</summary>
internal static class DisksCommand
{
    public static Command Build()
    {
        Option<bool> json = CommonOptions.Json();
        Command command = new("disks", "List the disks and partitions of this host, and what is mounted from them.") { json };
        command.SetAction(parsed =>
        {
            IReadOnlyList<HostDisk> disks = DiskCatalog.Read().Disks;
            if (parsed.GetValue(json)) JsonOut.Write(disks);
            else Show(disks);
            return ExitCodes.Success;
        });
        return command;
    }

    private static void Show(IReadOnlyList<HostDisk> disks)
    {
        Table table = PlainTable.Create("NUMBER", "PATH", "SIZE", "MODEL", "SERIAL", "USED FOR");
        foreach (HostDisk disk in disks)
        {
            // What is mounted from a partition is said there, not again at its disk.
            IEnumerable<DiskUse> uses = disk.Uses.Where(u => !disks.Any(p => p.Parent == disk.Name && p.Uses.Contains(u)));
            table.Row(disk.Number?.ToString(System.Globalization.CultureInfo.InvariantCulture), disk.Path, ByteQuantity.Format(disk.SizeBytes),
                disk.Model ?? disk.BackingFile ?? disk.PartitionLabel, disk.Serial ?? disk.PartitionUuid,
                string.Join(", ", uses.Select(u => u.Kind == DiskUseKind.Swap ? "swap" : u.Where)));
        }
        if (disks.Count > 0) Consoles.Out.Write(table);
        else Console.Error.WriteLine("This host shows no disks.");
    }
}
