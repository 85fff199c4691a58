using System.CommandLine;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror rescan</c>: compares disk and image again from end to end.</summary>
internal static class RescanCommand
{
    public static Command Build()
    {
        Argument<string> volume = CommonOptions.Volume();
        Command command = new("rescan", "Compare disk and image again from end to end; what differs is sent.") { volume };
        command.SetAction(async (parsed, cancellation) =>
        {
            await CommonOptions.Operations.RescanAsync(parsed.GetRequiredValue(volume), cancellation);
            return ExitCodes.Success;
        });
        return command;
    }
}
