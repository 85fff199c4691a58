using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Spectre.Console;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror snapshot</c>: the history of a volume, on the server's host.</summary>
internal static class SnapshotCommand
{
    public static Command Build() => new("snapshot", "The history of a volume, where its server runs: take, list and remove snapshots, or let a rule do it.") { New(), List(), Remove(), Rule() };

    private static Command New()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<string?> name = new("--name") { Description = "The snapshot's name. One that is named is never removed by a rule." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("new", "Take a snapshot of the last consistent state.") { volume, name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            SnapshotInfo taken = await CommonOptions.Operations.NewSnapshotAsync(parsed.GetRequiredValue(volume), parsed.GetValue(name), cancellation);
            if (parsed.GetValue(json)) JsonOut.Write(taken);
            else Console.Out.WriteLine(PlainText.Clean($"{taken.Name}: {taken.Volume} at mark {taken.Mark}, {taken.DiskTime.LocalDateTime:yyyy-MM-dd HH:mm:ss}; cloned in {Durations.Format(taken.CloneMilliseconds / 1000.0)}."));
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command List()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<bool> json = CommonOptions.Json();
        Command command = new("list", "Show the snapshots, the oldest first, and the rule.") { volume, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            SnapshotHistory history = await CommonOptions.Operations.SnapshotsAsync(parsed.GetRequiredValue(volume), cancellation);
            if (parsed.GetValue(json))
            {
                JsonOut.Write(history);
                return ExitCodes.Success;
            }
            Table table = PlainTable.Create("Name", "Taken", "Disk at", "Mark", "Size", "Unique", "Clone", "By");
            foreach (SnapshotInfo s in history.Snapshots)
            {
                table.Row(s.Name, $"{s.Taken.LocalDateTime:yyyy-MM-dd HH:mm:ss}", $"{s.DiskTime.LocalDateTime:yyyy-MM-dd HH:mm:ss}", $"{s.Mark}", ByteQuantity.Format(s.SizeBytes),
                    s.UniqueBytes is { } unique ? ByteQuantity.Format(unique) : null, Durations.Format(s.CloneMilliseconds / 1000.0), s.ByRule ? "rule" : "hand");
            }
            Consoles.Out.Write(table);
            if (!Console.IsOutputRedirected) Console.Out.WriteLine($"Rule: {history.Rule ?? "none"}");
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Remove()
    {
        Argument<string> volume = CommonOptions.Volume();
        Argument<string[]> names = new("NAME") { Description = "The snapshots' names.", Arity = ArgumentArity.OneOrMore };
        Command command = new("remove", "Remove snapshots, and with them what they alone hold. That cannot be undone.") { volume, names };
        command.SetAction(async (parsed, cancellation) =>
        {
            MirrorOperations operations = CommonOptions.Operations;
            foreach (string name in parsed.GetRequiredValue(names)) await operations.RemoveSnapshotAsync(parsed.GetRequiredValue(volume), name, cancellation);
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Rule()
    {
        Argument<string> volume = CommonOptions.Volume();
        Argument<string> rule = new("RULE") { Description = "For example hourly=24,daily=7,weekly=4,monthly=12,min-age=1d; 'none' for none; 'server' for what the server was started with." };
        Command command = new("rule", "Say which snapshots are taken and removed by themselves.") { volume, rule };
        command.SetAction(async (parsed, cancellation) =>
        {
            string text = parsed.GetRequiredValue(rule);
            await CommonOptions.Operations.SetSnapshotRuleAsync(parsed.GetRequiredValue(volume), text == MirrorOperations.ServerRule ? null : text, cancellation);
            return ExitCodes.Success;
        });
        return command;
    }
}
