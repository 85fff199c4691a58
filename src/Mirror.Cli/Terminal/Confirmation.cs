using Mirror.Core.Operations;

namespace Mirror.Cli.Terminal;

/// <summary>Asks before something is lost: the administrator types its name.</summary>
internal static class Confirmation
{
    /// <summary>Asks, on the terminal; where there is none, it is not confirmed.</summary>
    /// <param name="what">What is about to happen.</param>
    /// <param name="loss">What will be lost, as a sentence.</param>
    /// <param name="subject">What is lost or overwritten.</param>
    /// <param name="name">What must be typed.</param>
    /// <param name="cancellation">Leaves the question.</param>
    public static async Task<bool> AskAsync(string what, string loss, string subject, string name, CancellationToken cancellation)
    {
        if (Console.IsInputRedirected)
        {
            Console.Error.WriteLine($"diskmirror: {PlainText.Clean(subject)} would be lost, and nobody is there to confirm it. Add --yes.");
            return false;
        }
        Console.Error.WriteLine(PlainText.Clean(what));
        Console.Error.Write($"{PlainText.Clean(loss)} To go on, type its name ({PlainText.Clean(name)}): ");
        // A read of the terminal cannot be ended, but it can be left.
        string? typed = await Task.Run(Console.In.ReadLine, CancellationToken.None).WaitAsync(cancellation);
        if (typed?.Trim() == name) return true;
        Console.Error.WriteLine("diskmirror: not confirmed; nothing was changed.");
        return false;
    }
}
