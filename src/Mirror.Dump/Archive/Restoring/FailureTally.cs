using Mirror.Core.Files;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>Counts what could not be set, by kind. Safe for several threads.</summary>
internal sealed class FailureTally : ITargetFailures
{
    private readonly SortedDictionary<string, Kind> _kinds = [];

    public void Add(string what, string reason)
    {
        lock (_kinds)
        {
            _kinds[what] = _kinds.TryGetValue(what, out Kind? known) ? known with { Count = known.Count + 1 } : new Kind(1, reason);
        }
    }

    /// <summary>One line a kind.</summary>
    public IReadOnlyList<string> Lines()
    {
        lock (_kinds)
        {
            return [.. _kinds.Select(k => $"{k.Key} could not be set {(k.Value.Count == 1 ? "once" : $"{k.Value.Count} times")}: {k.Value.Reason}")];
        }
    }

    private sealed record Kind(long Count, string Reason);
}
