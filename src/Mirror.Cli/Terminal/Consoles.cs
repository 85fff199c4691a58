using Spectre.Console;

namespace Mirror.Cli.Terminal;

/// <summary>Where people read. Tables go to stdout; progress goes to stderr, and only when both are a terminal.</summary>
internal static class Consoles
{
    // Wide enough that nothing wraps in a pipe, where a script reads line by line.
    private const int PipeWidth = 4000;

    /// <summary>Whether somebody watches.</summary>
    public static bool Interactive => !Console.IsOutputRedirected && !Console.IsErrorRedirected;

    /// <summary>stdout, without colours and wrapping when it is no terminal.</summary>
    public static IAnsiConsole Out { get; } = Create(Console.Out, Console.IsOutputRedirected);

    /// <summary>stderr, for progress.</summary>
    public static IAnsiConsole Progress { get; } = Create(Console.Error, Console.IsErrorRedirected);

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected) console.Profile.Width = PipeWidth;
        return console;
    }
}
