using System.CommandLine;
using Mirror.Hosting;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror freeze</c>: a snapshot of a file system or database at rest, asked for where the disk is.</summary>
internal static class FreezeCommand
{
    public static Command Build()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<string[]> mounts = new("--at") { Description = "Where the file system is mounted. May be given again.", HelpName = "DIR", AllowMultipleArgumentsPerToken = false };
        Option<double?> limit = CommonOptions.Seconds("--limit", "Thaw after this time, whatever has been reached; 30 when not given.", FreezeRequest.LeastSeconds, FreezeRequest.MostSeconds);
        Option<string?> before = new("--before") { Description = "Run this shell command first.", HelpName = "COMMAND" };
        Option<string?> after = new("--after") { Description = "Run this shell command last, also after a failure.", HelpName = "COMMAND" };
        Option<string?> snapshot = new("--snapshot") { Description = "Take a snapshot of this name, where the server runs on this host too.", HelpName = "NAME" };
        Option<string?> run = new("--run") { Description = "Run this shell command when the server has the frozen state, for instance one that takes a snapshot there.", HelpName = "COMMAND" };
        Command command = new("freeze", "Freeze file systems of a mirrored disk, wait until the server has just that state, let a snapshot be taken of it, and thaw.") { volume, mounts, limit, before, after, snapshot, run };
        command.SetAction(async (parsed, cancellation) =>
        {
            using SignalHold hold = SignalHold.Begin();
            await FreezeOperations.RunAsync(new FreezeRequest
            {
                Volume = parsed.GetRequiredValue(volume),
                Mounts = parsed.GetValue(mounts) ?? [],
                Seconds = parsed.GetValue(limit) ?? FreezeRequest.UsualSeconds,
                Before = parsed.GetValue(before),
                After = parsed.GetValue(after),
                Snapshot = parsed.GetValue(snapshot),
                Command = parsed.GetValue(run),
            }, cancellation);
            return ExitCodes.Success;
        });
        return command;
    }
}
