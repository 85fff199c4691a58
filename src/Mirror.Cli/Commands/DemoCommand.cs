using System.CommandLine;
using Mirror.Cli.Demo;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror demo</c>: mirrors a loop disk in use on this machine, and proves the copy.</summary>
internal static class DemoCommand
{
    public static Command Build()
    {
        Option<DirectoryInfo> directory = new("--directory")
        {
            HelpName = "DIR",
            Description = "Where the demo's disk and image lie while it runs; they take up to 2 GiB.",
            DefaultValueFactory = _ => new DirectoryInfo("/var/tmp"),
        };
        Command command = new("demo", "Mirror a disk in use on this machine, as root: a 1 GiB loop disk with ext4, written to all the time. Cleans up after itself.") { directory };
        command.SetAction(async (parsed, cancellation) =>
        {
            bool proved = await new DemoRun(Console.Out.WriteLine).RunAsync(parsed.GetRequiredValue(directory).FullName, cancellation);
            return proved ? ExitCodes.Success : ExitCodes.Failure;
        });
        return command;
    }
}
