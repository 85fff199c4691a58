namespace Mirror.Hosting.Settings;

/// <summary>What was asked for cannot be, or a setting is missing; the message says what, where, and how to give it.</summary>
public sealed class UsageException : Exception
{
    /// <summary>A wrong value.</summary>
    public UsageException(string message)
        : base(message)
    {
    }

    /// <summary>A missing setting.</summary>
    /// <param name="message">How to give it.</param>
    /// <param name="missing">Which one.</param>
    internal UsageException(string message, SettingKey missing)
        : base(message) => Missing = missing.Name;

    /// <summary>The key of the setting that nobody gave; null when a value is wrong.</summary>
    public string? Missing { get; }
}
