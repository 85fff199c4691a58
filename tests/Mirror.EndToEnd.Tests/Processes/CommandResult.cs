namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>What a command came to.</summary>
internal sealed record CommandResult(string Command, int Code, string Output, string Error)
{
    /// <summary>Fails unless the exit code is the one expected.</summary>
    public CommandResult Expect(int code)
    {
        Assert.True(Code == code, $"'diskmirror {Command}' ended with {Code}, not {code}. It said: {Error}{Output}");
        return this;
    }
}
