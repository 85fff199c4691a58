namespace Mirror.Driver.Taps;

/// <summary>The writes of this disk cannot be tapped; the message is the reason, for the administrator.</summary>
public sealed class TapUnavailableException : IOException
{
    /// <summary>With the reason.</summary>
    public TapUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>With the reason and what it came from.</summary>
    public TapUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
