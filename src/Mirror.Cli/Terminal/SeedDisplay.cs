using Mirror.Core.Operations;

namespace Mirror.Cli.Terminal;

/// <summary>How much of a seed is copied, on one line of the terminal.</summary>
internal sealed class SeedDisplay : IProgress<long>
{
    private long last;

    /// <inheritdoc/>
    public void Report(long value)
    {
        if (Environment.TickCount64 - last < 500) return;
        last = Environment.TickCount64;
        Console.Error.Write($"\r{ByteQuantity.Format(value),-12}\r");
    }
}
