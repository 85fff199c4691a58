using System.CommandLine;
using Mirror.Core.Security;
using Mirror.Hosting;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror secret</c>: makes the master secret, and derives from it what a client may do.</summary>
internal static class SecretCommand
{
    public static Command Build() => new("secret", "Make secrets.") { New(), Derive() };

    private static Command New()
    {
        Option<string?> output = Out();
        Command command = new("new", "Make a new master secret: 32 random bytes as one line of text. Keep it on the server only.") { output };
        command.SetAction(parsed => Write(parsed.GetValue(output), null, null, "mirror"));
        return command;
    }

    private static Command Derive()
    {
        Option<string> master = new("--secret-file") { Description = "The file with the master secret.", HelpName = "MASTER", Required = true };
        Option<string> volume = new("--volume") { Description = "The volume's name.", HelpName = "NAME", Required = true };
        Option<string> right = new("--right") { Description = "What the secret allows.", HelpName = "mirror|restore", Required = true };
        right.AcceptOnlyFromAmong("mirror", "restore");
        Option<string?> output = Out();
        Command command = new("derive", "Derive the secret that a client needs for one volume and one right.") { master, volume, right, output };
        command.SetAction(parsed => Write(parsed.GetValue(output), parsed.GetRequiredValue(master), parsed.GetRequiredValue(volume), parsed.GetRequiredValue(right)));
        return command;
    }

    private static Option<string?> Out() => new("--out") { Description = "Write to this new file, mode 0600, instead of to stdout.", HelpName = "FILE" };

    private static int Write(string? path, string? master, string? volume, string right)
    {
        Secret secret = SecretOperations.Make(path, master, volume, right);
        if (path is null) Console.Out.WriteLine(secret.ToText());
        return ExitCodes.Success;
    }
}
