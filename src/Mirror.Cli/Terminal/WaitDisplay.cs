using Mirror.Core.Control;
using Spectre.Console;

namespace Mirror.Cli.Terminal;

/// <summary>Shows how far a mirror has come while a command waits. Draws on stderr, and only when somebody watches.</summary>
internal sealed class WaitDisplay : IProgress<MirrorStatus>
{
    private readonly ProgressTask? task;
    private long mostPending = 1;

    private WaitDisplay(ProgressTask? task) => this.task = task;

    /// <summary>Runs something that waits, with progress when there is a terminal.</summary>
    public static async Task<T> RunAsync<T>(string title, Func<IProgress<MirrorStatus>, Task<T>> wait)
    {
        if (!Consoles.Interactive) return await wait(new WaitDisplay(null));
        return await Consoles.Progress.Progress().AutoClear(true).HideCompleted(false)
            .Columns(new ProgressBarColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: 1);
                return await wait(new WaitDisplay(task));
            });
    }

    public void Report(MirrorStatus value)
    {
        if (task is null) return;
        mostPending = Math.Max(mostPending, value.PendingBytes);
        task.Description = Markup.Escape(TerminalText.Clean(StatusView.Line(value)));
        task.Value = value.State switch
        {
            MirrorState.Scanning when value.SizeBytes > 0 => (double)value.ScannedBytes / value.SizeBytes,
            MirrorState.CatchUp => 1 - (double)value.PendingBytes / mostPending,
            // Never quite full: a full bar would stop moving before the wait has ended.
            MirrorState.Live => 0.999,
            _ => 0,
        };
    }
}
