using Mirror.Core.Control;
using Mirror.Core.Operations;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Mirror.Cli.Terminal;

/// <summary>How a status looks to people.</summary>
internal static class StatusView
{
    /// <summary>One row for each end of each volume, then what needs attention.</summary>
    public static IRenderable Render(ControlSurvey survey)
    {
        Table table = PlainTable.Create("VOLUME", "ROLE", "STATE", "RATE", "PROGRESS", "WAITING", "SPEED", "IMAGE AGE", "DISK", "PEER");
        foreach (MirrorStatus s in survey.Volumes)
        {
            table.Row(s.Volume, s.Role == MirrorRole.Client ? "client" : "server", s.State.ToString(), s.Rate.ToString(), StatusText.Progress(s),
                StatusText.Waiting(s), StatusText.Speed(s), StatusText.Age(s), s.Disk, s.Peer);
        }
        List<IRenderable> rows = [];
        if (survey.Volumes.Count > 0) rows.Add(table);
        foreach (MirrorStatus s in survey.Volumes)
        {
            foreach (string note in StatusText.Notes(s)) rows.Add(new Text(PlainText.Clean($"{s.Volume}: {note}")));
        }
        rows.AddRange(survey.Unresponsive.Select(u => new Text(PlainText.Clean(u))));
        if (rows.Count == 0) rows.Add(new Text("No client and no server runs on this host."));
        return new Rows(rows);
    }
}
