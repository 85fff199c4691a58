using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Operations;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror check</c>: for monitoring. The exit code is 0 (ok), 1 (warning), 2 (critical), 3 (could not be checked).</summary>
internal static class CheckCommand
{
    public static Command Build()
    {
        Argument<string?> volume = CommonOptions.VolumeOrAll();
        Option<double?> maxAge = CommonOptions.Seconds("--max-age",
            $"How many seconds the newest good image may be old; {MirrorOperations.DefaultMaxAgeSeconds} when not given.", 0.001, 1e9);
        Option<bool> json = CommonOptions.Json();
        Command command = new("check", "Check how much would be lost if a disk died now. The exit code is 0 (ok), 1 (warning), 2 (critical) or 3 (not checked).")
        {
            volume, maxAge, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            CheckResult result = await CommonOptions.Operations.CheckAsync(parsed.GetValue(volume), TimeSpan.FromSeconds(parsed.GetValue(maxAge) ?? MirrorOperations.DefaultMaxAgeSeconds), cancellation);
            if (parsed.GetValue(json)) JsonOut.Write(result);
            else foreach (CheckFinding finding in result.Findings.OrderByDescending(f => f.Level)) Console.Out.WriteLine($"{finding.Level.ToString().ToUpperInvariant()} {PlainText.Clean(finding.Message)}");
            return (int)result.Level;
        });
        return command;
    }
}
