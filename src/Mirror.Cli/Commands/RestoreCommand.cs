using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Operations;
using Mirror.Core.Restore;
using Mirror.Core.Security;
using Mirror.Hosting;
using Mirror.Hosting.Settings;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror restore</c>: brings a volume back onto a disk or into a file, over the network.</summary>
internal static class RestoreCommand
{
    public static Command Build()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<string> server = new("--server") { Description = "The server that has the image.", HelpName = "HOST:PORT", Required = true };
        Option<string> secret = new("--secret-file") { Description = "The file with a secret for this volume with right restore, or with the master.", HelpName = "FILE", Required = true };
        Option<string> target = new("--to") { Description = "The disk or file that is overwritten. A file is made when it is not there.", HelpName = "DISK_OR_FILE", Required = true };
        Option<string?> snapshot = new("--snapshot") { Description = "Restore this snapshot instead of the newest consistent state.", HelpName = "NAME" };
        Option<bool> asItIs = new("--as-it-is") { Description = "Take an image that was never consistent, where there is nothing better." };
        Option<bool> yes = new("--yes") { Description = "Overwrite without asking." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("restore", "Bring a volume back onto a disk or into a file. What is equal already is not sent, so a restore that was broken off goes on where it was.")
            { volume, server, secret, target, snapshot, asItIs, yes, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            string name = parsed.GetRequiredValue(volume);
            if (!VolumeName.IsValid(name)) throw new UsageException($"'{name}' is not a volume name. {VolumeName.Rule}");
            string? from = parsed.GetValue(snapshot);
            if (from is not null && !VolumeName.IsValid(from)) throw new UsageException($"'{from}' is not a snapshot's name: the rules are those of a volume's name.");
            (string host, int port) = HostPort.Parse(parsed.GetRequiredValue(server));
            var request = new RestoreRequest
            {
                Volume = name,
                Host = host,
                Port = port,
                Secret = SecretFile.Read(parsed.GetRequiredValue(secret)),
                Target = parsed.GetRequiredValue(target),
                Snapshot = from,
                AsItIs = parsed.GetValue(asItIs),
            };
            bool confirmed = parsed.GetValue(yes);
            RestoreOperations operations = HostOperations.Restores();
            using var display = new RestoreDisplay(name);
            RestoreResult? result = await operations.RestoreAsync(request, (plan, end) => confirmed ? Task.FromResult(Tell(plan)) : AskAsync(plan, end), display, cancellation);
            if (result is null) return ExitCodes.Failure;
            if (parsed.GetValue(json)) JsonOut.Write(result);
            else Console.Out.WriteLine(RestoreText.Summary(result));
            return ExitCodes.Success;
        });
        return command;
    }

    private static bool Tell(RestorePlan plan)
    {
        foreach (string warning in plan.Warnings) Console.Error.WriteLine("diskmirror: " + PlainText.Clean(warning));
        return true;
    }

    private static Task<bool> AskAsync(RestorePlan plan, CancellationToken cancellation)
    {
        Tell(plan);
        return Confirmation.AskAsync(RestoreText.Describe(plan), $"All that is on {plan.Target.Path} now will be lost.", plan.Target.Path, plan.Target.Name, cancellation);
    }
}
