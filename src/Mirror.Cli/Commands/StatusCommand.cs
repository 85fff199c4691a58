using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Spectre.Console;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror status</c>: what every client and server on this host is doing.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static Command Build()
    {
        Argument<string?> volume = CommonOptions.VolumeOrAll();
        Option<bool> json = CommonOptions.Json();
        Option<bool> watch = new("--watch") { Description = "Show it again every second, until interrupted. With --json, one line each." };
        Command command = new("status", "Show what every client and server on this host is doing.") { volume, json, watch };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(volume), parsed.GetValue(json), parsed.GetValue(watch), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? volume, bool json, bool watch, CancellationToken cancellation)
    {
        MirrorOperations operations = CommonOptions.Operations;
        if (!watch) return Write(await operations.StatusAsync(volume, cancellation), volume, json, oneLine: false);
        if (!json && Consoles.Interactive)
        {
            await Consoles.Out.Live(new Text("")).AutoClear(true).StartAsync(async context =>
            {
                while (true)
                {
                    context.UpdateTarget(StatusView.Render(await operations.StatusAsync(volume, cancellation)));
                    await Task.Delay(Interval, cancellation);
                }
            });
        }
        while (true)
        {
            Write(await operations.StatusAsync(volume, cancellation), volume, json, oneLine: true);
            await Task.Delay(Interval, cancellation);
        }
    }

    private static int Write(ControlSurvey survey, string? volume, bool json, bool oneLine)
    {
        if (json) JsonOut.Write(survey.Volumes, oneLine);
        else if (survey.Volumes.Count > 0) Consoles.Out.Write(StatusView.Render(survey with { Unresponsive = [] }));
        foreach (string process in survey.Unresponsive) Console.Error.WriteLine("diskmirror: " + PlainText.Clean(process));
        if (survey.Volumes.Count == 0 && volume is not null)
        {
            Console.Error.WriteLine($"diskmirror: Volume {PlainText.Clean(volume)} does not run on this host.");
            return ExitCodes.Failure;
        }
        if (survey.Volumes.Count == 0 && !json) Console.Error.WriteLine("No client and no server runs on this host, or the server has no volume yet.");
        return survey.Unresponsive.Count == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }
}
