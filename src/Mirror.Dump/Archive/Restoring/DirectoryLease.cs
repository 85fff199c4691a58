using Mirror.Core.Files;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>An open directory of the target that several jobs may hold.</summary>
internal sealed class DirectoryLease(ITargetDirectory directory)
{
    private int _holders;

    public ITargetDirectory Directory { get; } = directory;

    /// <summary>Whether nobody holds it.</summary>
    public bool IsFree => Volatile.Read(ref _holders) == 0;

    public DirectoryLease Hold()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Release() => Interlocked.Decrement(ref _holders);
}
