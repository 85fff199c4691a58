using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Hosting;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror volume</c>: whole volumes of a server, on its host.</summary>
internal static class VolumeCommand
{
    public static Command Build() => new("volume", "Rename, delete, move and seed volumes, where their server runs.") { Rename(), Delete(), Release(), Take(), Seed() };

    private static Command Rename()
    {
        Argument<string> volume = CommonOptions.Volume();
        Argument<string> to = new("NEW") { Description = "The new name." };
        Command command = new("rename", "Give a volume another name. Its client must have been stopped, and needs a secret for the new name.") { volume, to };
        command.SetAction(async (parsed, cancellation) =>
        {
            await HostOperations.Volumes().RenameAsync(parsed.GetRequiredValue(volume), parsed.GetRequiredValue(to), cancellation);
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Delete()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<string> age = new("--min-age") { Description = "Leave it when its last consistent state or a snapshot is younger (90m, 12h, 7d).", HelpName = "AGE", DefaultValueFactory = _ => VolumeOperations.UsualMinimumAge };
        Option<bool> yes = new("--yes") { Description = "Delete without asking." };
        Command command = new("delete", "Delete a volume, its image and its history, for good. Its client must have been stopped.") { volume, age, yes };
        command.SetAction(async (parsed, cancellation) =>
        {
            DeletedVolume? deleted = await HostOperations.Volumes().DeleteAsync(parsed.GetRequiredValue(volume), parsed.GetRequiredValue(age),
                (status, end) => parsed.GetValue(yes) ? Task.FromResult(true) : Confirmation.AskAsync(VolumeOperations.Describe(status), "All of it will be lost.", status.Volume, status.Volume, end), cancellation);
            if (deleted is null) return ExitCodes.Failure;
            if (deleted.ImageLeft is { } left) Console.Error.WriteLine($"diskmirror: {PlainText.Clean(left)} lies outside the store and is left as it is.");
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Release()
    {
        Argument<string> volume = CommonOptions.Volume();
        Command command = new("release", "Take a volume out of service, so that its directory, which is shown, can be copied or moved while the server goes on.") { volume };
        command.SetAction(async (parsed, cancellation) =>
        {
            Console.Out.WriteLine(PlainText.Clean(await HostOperations.Volumes().ReleaseAsync(parsed.GetRequiredValue(volume), cancellation)));
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Seed()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<string> from = new("--from") { Description = "An image in a file, or a block device.", HelpName = "IMAGE", Required = true };
        Option<string?> server = CommonOptions.Server();
        Command command = new("seed", "Put an image that came on a disk into the store, for a volume that has not begun: its first scan then sends only what differs.") { volume, from, server };
        command.SetAction(async (parsed, cancellation) =>
        {
            long bytes = await SeedOperations.SeedAsync(parsed.GetRequiredValue(volume), parsed.GetRequiredValue(from), parsed.GetValue(server), Consoles.Interactive ? new SeedDisplay() : null, cancellation);
            Console.Out.WriteLine($"{parsed.GetRequiredValue(volume)}: seeded with {ByteQuantity.Format(bytes)}.");
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Take()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<string?> server = CommonOptions.Server();
        Command command = new("take", "Take a volume into service whose directory is in the store, or let a name that was deleted be begun again.") { volume, server };
        command.SetAction(async (parsed, cancellation) =>
        {
            await HostOperations.Volumes().TakeAsync(parsed.GetRequiredValue(volume), parsed.GetValue(server), cancellation);
            return ExitCodes.Success;
        });
        return command;
    }
}
