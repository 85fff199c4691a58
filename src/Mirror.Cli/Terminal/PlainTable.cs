using Mirror.Core.Operations;
using Spectre.Console;

namespace Mirror.Cli.Terminal;

/// <summary>A table of plain cells: with lines on a terminal, with columns and nothing else in a pipe.</summary>
internal static class PlainTable
{
    /// <summary>Makes a table with these headings.</summary>
    public static Table Create(params ReadOnlySpan<string> headings)
    {
        Table table = new() { Border = Console.IsOutputRedirected ? TableBorder.None : TableBorder.Rounded };
        foreach (string heading in headings) table.AddColumn(new TableColumn(new Text(heading)).NoWrap());
        return table;
    }

    /// <summary>Adds a row; an empty cell shows a dash, so that columns can be counted.</summary>
    public static void Row(this Table table, params ReadOnlySpan<string?> cells)
    {
        List<Text> row = [];
        foreach (string? cell in cells) row.Add(new Text(string.IsNullOrEmpty(cell) ? "-" : PlainText.Clean(cell)));
        table.AddRow(row);
    }
}
