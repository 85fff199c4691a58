using System.CommandLine;
using Mirror.Dump.Encryption.Age;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror key</c>: the keys of encrypted archives, as age-keygen makes them.</summary>
internal static class KeyCommand
{
    public static Command Build() => new("key", "Make the keys of encrypted archives.") { New(), Recipient() };

    private static Command New()
    {
        Option<string?> output = new("--out") { Description = "Write to this new file, mode 0600, instead of to stdout.", HelpName = "FILE" };
        Command command = new("new", "Make an identity, which opens archives, as age-keygen makes it. Keep it where the archives are not.") { output };
        command.SetAction(parsed =>
        {
            using AgeIdentity identity = AgeIdentity.New();
            if (parsed.GetValue(output) is { } path)
            {
                AgeKeyFiles.Write(path, identity, DateTimeOffset.Now);
                Console.Error.WriteLine($"Public key: {identity.Recipient}");
            }
            else
            {
                Console.Out.Write(AgeKeyFiles.Text(identity, DateTimeOffset.Now));
            }
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Recipient()
    {
        Option<string> identity = new("--identity") { Description = "The file with the identity.", HelpName = "FILE", Required = true };
        Command command = new("recipient", "Print the recipient (age1...) of an identity: what an archive is encrypted to. It is no secret.") { identity };
        command.SetAction(parsed =>
        {
            foreach (AgeIdentity one in AgeKeyFiles.ReadIdentities(parsed.GetRequiredValue(identity)))
            {
                Console.Out.WriteLine(one.Recipient);
                one.Dispose();
            }
            return ExitCodes.Success;
        });
        return command;
    }
}
