using System.CommandLine;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror stop-server</c>: ends a server.</summary>
internal static class StopServerCommand
{
    public static Command Build()
    {
        Argument<string?> server = new("SERVER") { Description = "The server's name, store or process id; may be left away where only one runs.", Arity = ArgumentArity.ZeroOrOne };
        Command command = new("stop-server", "End a server of this host. Its clients go on marking, and come back when it does.") { server };
        command.SetAction(async (parsed, cancellation) =>
        {
            await CommonOptions.Operations.StopServerAsync(parsed.GetValue(server), cancellation);
            return ExitCodes.Success;
        });
        return command;
    }
}
