using System.CommandLine;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror adopt</c>: accepts that another disk now stands behind a volume.</summary>
internal static class AdoptCommand
{
    public static Command Build()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<bool> replace = new("--replace") { Description = "Also accept that the scan overwrites more than a fifth of the image." };
        Command command = new("adopt", "Accept that another disk now stands behind a volume.") { volume, replace };
        command.SetAction(async (parsed, cancellation) =>
        {
            await CommonOptions.Operations.AdoptAsync(parsed.GetRequiredValue(volume), parsed.GetValue(replace), cancellation);
            return ExitCodes.Success;
        });
        return command;
    }
}
