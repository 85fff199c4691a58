using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Mounts;
using Mirror.Core.Operations;
using Mirror.Hosting;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror mount</c> and <c>unmount</c>: look inside an image on the server's host.</summary>
internal static class MountCommand
{
    private static MountOperations Operations => HostOperations.Mounts();

    public static Command Build()
    {
        Argument<string> what = new("VOLUME") { Description = "The volume's name, or the path of a file with an image." };
        Option<string?> snapshot = new("--snapshot") { Description = "A snapshot instead of the last consistent state.", HelpName = "NAME" };
        Option<string> at = new("--at") { Description = "An empty directory, or one that is not there.", HelpName = "DIR", Required = true };
        Option<int?> partition = new("--partition") { Description = "The partition, where there are several with a file system.", HelpName = "N" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("mount", "Mount a file system of a volume read-only, on the server's host, to look inside or fetch files. The image is not changed and the mirror goes on.") { what, snapshot, at, partition, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            MountedImage mounted = await Operations.MountAsync(parsed.GetRequiredValue(what), parsed.GetValue(snapshot), parsed.GetRequiredValue(at), parsed.GetValue(partition), cancellation);
            if (parsed.GetValue(json)) JsonOut.Write(mounted);
            else Console.Out.WriteLine(PlainText.Clean($"{mounted.Name} ({mounted.FileSystem}{(mounted.Partition is { } p ? $", partition {p}" : "")}) is mounted read-only at {mounted.Directory}. When done: diskmirror unmount {mounted.Directory}"));
            return ExitCodes.Success;
        });
        return command;
    }

    public static Command BuildUnmount()
    {
        Argument<string> what = new("DIR_OR_VOLUME") { Description = "The directory, or a volume's name for all of its mounts." };
        Command command = new("unmount", "End what 'diskmirror mount' has begun.") { what };
        command.SetAction(parsed =>
        {
            foreach (MountedImage mounted in Operations.Unmount(parsed.GetRequiredValue(what))) Console.Out.WriteLine(PlainText.Clean($"{mounted.Directory} is not mounted any more."));
            return ExitCodes.Success;
        });
        return command;
    }
}
