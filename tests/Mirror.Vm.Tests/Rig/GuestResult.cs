using System.Text.RegularExpressions;

namespace Mirror.Vm.Tests.Rig;

/// <summary>What a guest wrote to its console: each line with the second at which it came. Lines that begin with <c>::</c> are for the test:
/// <c>::value NAME VALUE</c>, <c>::note TEXT</c>, <c>::exit CODE</c>.</summary>
internal sealed partial class GuestResult(string console)
{
    public string Console { get; } = console;

    /// <summary>The script's exit code; null when the machine did not get that far.</summary>
    public int? ExitCode => ExitLine().Match(Console) is { Success: true } match ? int.Parse(match.Groups[1].Value) : null;

    /// <summary>The last value of this name, or null.</summary>
    public string? Value(string name) =>
        ValueLine().Matches(Console).LastOrDefault(match => match.Groups[1].Value == name)?.Groups[2].Value;

    /// <summary>Fails the test, with all of the console, unless the script ended well.</summary>
    public GuestResult Successful()
    {
        Assert.True(ExitCode == 0, $"The guest ended with {ExitCode?.ToString() ?? "no exit code"}. Its console:\n{Console}");
        return this;
    }

    [GeneratedRegex(@"::exit (\d+)")]
    private static partial Regex ExitLine();

    [GeneratedRegex(@"::value (\S+) (.*)")]
    private static partial Regex ValueLine();
}
