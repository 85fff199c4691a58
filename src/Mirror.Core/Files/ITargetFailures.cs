namespace Mirror.Core.Files;

/// <summary>Told of what could not be set. Safe for several threads.</summary>
public interface ITargetFailures
{
    /// <summary>Something could not be set.</summary>
    /// <param name="what">What, the same text for all of a kind: it is reported once.</param>
    /// <param name="reason">Why.</param>
    void Add(string what, string reason);
}
