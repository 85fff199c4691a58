using Mirror.Core.Control;
using Mirror.Core.Operations;
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
        task.Description = Markup.Escape(PlainText.Clean(StatusText.Line(value)));
        task.Value = StatusText.Done(value, ref mostPending);
    }
}
