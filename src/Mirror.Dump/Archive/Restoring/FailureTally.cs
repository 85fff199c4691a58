using Mirror.Core.Files;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>Counts what could not be set, by kind. Safe for several threads.</summary>
internal sealed class FailureTally : ITargetFailures
{
    private readonly Dictionary<string, Kind> _kinds = [];

    public void Add(string what, string reason)
    {
        lock (_kinds)
        {
            _kinds[what] = _kinds.TryGetValue(what, out Kind? known) ? known with { Count = known.Count + 1 } : new Kind(what, 1, reason);
        }
    }

    /// <summary>One line a kind, in order.</summary>
    public IReadOnlyList<string> Lines()
    {
        lock (_kinds)
        {
            return [.. _kinds.Values.OrderBy(k => k.What, StringComparer.Ordinal).Select(k => $"{k.What} could not be set {(k.Count == 1 ? "once" : $"{k.Count} times")}: {k.Reason}")];
        }
    }

    private sealed record Kind(string What, long Count, string Reason);
}
