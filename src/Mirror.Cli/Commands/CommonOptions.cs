using System.CommandLine;
using System.Globalization;
using Mirror.Core.Operations;
using Mirror.Hosting;

namespace Mirror.Cli.Commands;

/// <summary>What several commands take alike.</summary>
internal static class CommonOptions
{
    /// <summary>The volume that a command is about.</summary>
    public static Argument<string> Volume() => new("VOLUME") { Description = "The volume's name." };

    /// <summary>The volume, or all.</summary>
    public static Argument<string?> VolumeOrAll() => new("VOLUME")
    {
        Description = "The volume's name; all when left away.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>One of several servers of this host.</summary>
    public static Option<string?> Server() => new("--server") { Description = "The server, by its name, store or process; needed where several run on this host.", HelpName = "NAME" };

    /// <summary>JSON on stdout.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Write JSON." };

    /// <summary>A number of seconds within bounds, or null when not given.</summary>
    public static Option<double?> Seconds(string name, string description, double least, double most) => new(name)
    {
        Description = description,
        HelpName = "SECONDS",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out double seconds) && seconds >= least && seconds <= most) return seconds;
            result.AddError(FormattableString.Invariant($"{name}: '{result.Tokens[0].Value}' is not a number of seconds from {least} to {most}."));
            return null;
        },
    };

    /// <summary>The operations on what runs here.</summary>
    public static MirrorOperations Operations => HostOperations.Create();
}
