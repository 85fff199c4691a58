using System.CommandLine;
using Mirror.Cli.Terminal;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Operations;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror verify</c>: compares disk and image while the mirror is Live.</summary>
internal static class VerifyCommand
{
    private const int ShownRanges = 20;

    public static Command Build()
    {
        Argument<string> volume = CommonOptions.Volume();
        Option<string?> limit = new("--limit") { Description = "Read no more than this from the disk, for instance 20M; 64M when not given.", HelpName = "BYTES_PER_SECOND" };
        Option<bool> repair = new("--repair") { Description = "Send what differs again." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("verify", "Compare disk and image while the mirror is Live, where the client runs. Nothing is changed unless asked for. The exit code is 1 when something differs and was not repaired.")
            { volume, limit, repair, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            string name = parsed.GetRequiredValue(volume);
            long bytes = VerifyText.Limit(parsed.GetValue(limit), "--limit");
            var display = Consoles.Interactive ? new Display(name) : null;
            VerifyResult result = await CommonOptions.Operations.VerifyAsync(name, new VerifyRequest(bytes, parsed.GetValue(repair)), display, cancellation);
            if (display is not null) Console.Error.WriteLine();
            if (parsed.GetValue(json)) JsonOut.Write(result);
            else Tell(name, result);
            return result.DifferingBytes == result.RepairedBytes ? ExitCodes.Success : ExitCodes.Failure;
        });
        return command;
    }

    private static void Tell(string volume, VerifyResult result)
    {
        string busy = result.BusyBytes > 0 ? $" {ByteQuantity.Format(result.BusyBytes)} were being written whenever they were looked at; nothing is known of them." : "";
        string took = Durations.Format((result.Ended - result.Began).TotalSeconds);
        if (result.DifferingBytes == 0)
        {
            Console.Out.WriteLine(PlainText.Clean($"{volume}: disk and image are the same, {ByteQuantity.Format(result.ComparedBytes)} compared in {took}.{busy}"));
            return;
        }
        string repaired = result.RepairedBytes > 0 ? "They were sent again, and are on the server's stable storage." : $"To send them again: diskmirror verify {volume} --repair. See to the server's storage.";
        Console.Out.WriteLine(PlainText.Clean($"{volume}: {ByteQuantity.Format(result.DifferingBytes)} of the image differ from the disk, {ByteQuantity.Format(result.ComparedBytes)} compared in {took}.{busy} {repaired}"));
        foreach (VerifyRange range in result.Ranges.Take(ShownRanges)) Console.Out.WriteLine($"  byte {range.Offset}, {range.Length} bytes");
        if (result.Ranges.Count > ShownRanges) Console.Out.WriteLine($"  ... (--json shows {(result.Ranges.Count < VerifyResult.MostRanges ? "all" : $"the first {VerifyResult.MostRanges}")})");
    }

    private sealed class Display(string volume) : IProgress<MirrorStatus>
    {
        public void Report(MirrorStatus value)
        {
            if (VerifyText.Line(value) is not { } line) return;
            Console.Error.Write("\r" + PlainText.Clean($"{volume}: {line}").PadRight(Math.Max(20, Console.BufferWidth - 1)));
        }
    }
}
