using Mirror.Core.Files;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>Counts what could not be set, by kind. Safe for several threads.</summary>
internal sealed class FailureTally : ITargetFailures
{
    private readonly SortedDictionary<string, (long Count, string Reason)> _kinds = [];

    public void Add(string what, string reason)
    {
        lock (_kinds)
        {
            _kinds[what] = _kinds.TryGetValue(what, out (long Count, string Reason) known) ? (known.Count + 1, known.Reason) : (1, reason);
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
}
