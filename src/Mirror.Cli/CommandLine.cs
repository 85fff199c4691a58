using System.CommandLine;
using System.CommandLine.Invocation;
using Mirror.Cli.Commands;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Core.Security;
using Mirror.Hosting.Settings;

namespace Mirror.Cli;

/// <summary>The <c>diskmirror</c> command: its commands, and how failures are told.</summary>
internal static class CommandLine
{
    /// <summary>The commands, in the order of the help.</summary>
    internal static readonly CommandEntry[] Commands =
    [
        new("secret", SecretCommand.Build),
        new("disks", DisksCommand.Build),
        new("server", ServerCommand.Build),
        new("client", ClientCommand.Build),
        new("adopt", AdoptCommand.Build),
        new("check", CheckCommand.Build),
        new("status", StatusCommand.Build),
        new("wait", WaitCommand.Build),
        new("rescan", RescanCommand.Build),
        new("snapshot", SnapshotCommand.Build),
        new("volume", VolumeCommand.Build),
        new("freeze", FreezeCommand.Build),
        new("stop", StopCommand.Build),
        new("stop-server", StopServerCommand.Build),
        new("service", ServiceCommand.Build),
        new("key", KeyCommand.Build),
        new("archive", ArchiveCommand.Build),
        new("restore", RestoreCommand.Build),
        new("mount", MountCommand.Build),
        new("unmount", MountCommand.BuildUnmount),
        new("verify", VerifyCommand.Build),
        new("dump", DumpCommand.Build),
        new("undump", UndumpCommand.Build),
        new("demo", DemoCommand.Build),
    ];

    /// <summary>Builds the tree of commands, or only the one that the first argument names: to build all of them would be a good part of the time that a short command takes.</summary>
    public static RootCommand Build(string? first)
    {
        RootCommand root = new("DiskMirror: a live mirror of a disk in use, over the network.");
        CommandEntry[] named = [.. Commands.Where(c => c.Name == first)];
        foreach (CommandEntry command in named.Length > 0 ? named : Commands) root.Add(command.Build());
        return root;
    }

    /// <summary>Runs one command line and returns the exit code.</summary>
    public static int Run(string[] args, CancellationToken cancellation)
    {
        ParseResult parsed = Build(args.FirstOrDefault()).Parse(args);
        if (parsed.Action is ParseErrorAction wrong)
        {
            // Help on stdout would end up in the file that was meant for data.
            wrong.ShowHelp = false;
            wrong.ShowTypoCorrections = true;
            parsed.Invoke(new InvocationConfiguration { Output = Console.Error, Error = Console.Error });
            Console.Error.WriteLine($"See 'diskmirror {CommandPath(parsed)}--help'.");
            return ExitCodes.Usage;
        }
        int failure = parsed.CommandResult.Command.Name == "check" ? ExitCodes.CheckImpossible : ExitCodes.Failure;
        try
        {
            // Signals are handled by Program, and errors below. The thread has nothing else to do; to await here would compile state machines at each start.
            InvocationConfiguration configuration = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return parsed.InvokeAsync(configuration, cancellation).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (UsageException e)
        {
            return Tell(e.Message, ExitCodes.Usage);
        }
        catch (Exception e) when (e is MirrorControlException or IOException or UnauthorizedAccessException or FormatException
            or InvalidDataException or SecretException or NotSupportedException)
        {
            return Tell(e.Message, failure);
        }
        catch (Exception e)
        {
            return Tell($"An unforeseen error; please report it with these lines.\n{e}", failure);
        }
    }

    private static int Tell(string message, int code)
    {
        Console.Error.WriteLine("diskmirror: " + (code == ExitCodes.Failure && message.Contains('\n', StringComparison.Ordinal) ? message : PlainText.Clean(message)));
        return code;
    }

    private static string CommandPath(ParseResult parsed)
    {
        string path = "";
        for (Command? at = parsed.CommandResult.Command; at is not null and not RootCommand; at = at.Parents.OfType<Command>().FirstOrDefault()) path = $"{at.Name} {path}";
        return path;
    }
}
