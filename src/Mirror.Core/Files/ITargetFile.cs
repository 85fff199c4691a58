namespace Mirror.Core.Files;

/// <summary>An open file of a target. Safe for several threads until it is disposed of. All methods throw <see cref="IOException"/>.</summary>
public interface ITargetFile : IDisposable
{
    /// <summary>Writes; what is not written is a hole.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Sets its size.</summary>
    void SetLength(long bytes);

    /// <summary>Reads; fewer bytes only at the end.</summary>
    int Read(long offset, Span<byte> bytes);

    /// <summary>Sets owner, mode, attributes, times, flags.</summary>
    void SetMetadata(TargetMetadata metadata, ITargetFailures failures);
}
