using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Control;
using Mirror.Core.Operations;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror wait</c>: returns when a volume has come to a state, or when nothing waits any more.</summary>
internal static class WaitCommand
{
    public static Command Build()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<MirrorState> state = new("--state")
        {
            Description = "The state to wait for.",
            HelpName = string.Join('|', Enum.GetNames<MirrorState>()),
            DefaultValueFactory = _ => MirrorState.Live,
        };
        Option<bool> idle = new("--idle") { Description = "Wait until everything written before now is safe on the server, and nothing is pending." };
        state.AcceptOnlyFromAmong(Enum.GetNames<MirrorState>());
        Option<double?> timeout = CommonOptions.Seconds("--timeout", "Give up after so many seconds.", 0, 1e6);
        Command command = new("wait", "Wait until a volume is Live, or in another state, or idle.") { volume, state, idle, timeout };
        command.SetAction(async (parsed, cancellation) =>
        {
            string name = parsed.GetRequiredValue(volume);
            TimeSpan limit = parsed.GetValue(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan;
            WaitGoal goal = new(parsed.GetValue(state), parsed.GetValue(idle));
            WaitResult result = await WaitDisplay.RunAsync(name, p => CommonOptions.Operations.WaitAsync(name, goal, limit, p, cancellation));
            if (result.Reached) return ExitCodes.Success;
            Console.Error.WriteLine("diskmirror: " + PlainText.Clean(result.Reason!));
            return ExitCodes.Failure;
        });
        return command;
    }
}
