namespace Mirror.Cli;

/// <summary>What the command's exit code says. Zero is success and nothing else.</summary>
internal static class ExitCodes
{
    /// <summary>Done as asked.</summary>
    public const int Success = 0;

    /// <summary>Not done; the reason is on stderr.</summary>
    public const int Failure = 1;

    /// <summary>The check itself could not be made (1 and 2 are its verdicts).</summary>
    public const int CheckImpossible = 3;

    /// <summary>The command line is wrong (EX_USAGE), so that it is never taken for a verdict of <c>check</c>.</summary>
    public const int Usage = 64;

    /// <summary>Ended by a signal before it was done.</summary>
    public const int Interrupted = 130;
}
