using System.CommandLine;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror stop</c>: ends the client of a volume.</summary>
internal static class StopCommand
{
    public static Command Build()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<bool> keep = new("--keep-tracking") { Description = "Let the tap go on marking writes, so that the next start resumes without a scan." };
        Command command = new("stop", "End the client of a volume. Without --keep-tracking the next start compares the whole disk.") { volume, keep };
        command.SetAction(async (parsed, cancellation) =>
        {
            await CommonOptions.Operations.StopAsync(parsed.GetRequiredValue(volume), parsed.GetValue(keep), cancellation);
            return ExitCodes.Success;
        });
        return command;
    }
}
