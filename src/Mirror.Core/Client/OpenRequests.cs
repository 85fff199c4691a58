using System.Collections.Concurrent;

namespace Mirror.Core.Client;

/// <summary>
/// Who asked for the hashes that are not answered yet, in the order of asking: the session's thread adds, the receiving task takes. So an answer to somebody
/// who has ended meanwhile is not taken for another's.
/// </summary>
internal sealed class OpenRequests
{
    private readonly ConcurrentQueue<object> _open = new();

    /// <summary>One more was sent, for <paramref name="asker"/>.</summary>
    public void Add(object asker) => _open.Enqueue(asker);

    /// <summary>One was answered: whose it is, or null when none was asked.</summary>
    public object? Take() => _open.TryDequeue(out object? asker) ? asker : null;
}
