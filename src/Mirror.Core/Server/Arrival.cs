using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>One thing that the apply thread does, in the order of arrival. Owns its payload, which <see cref="Release"/> gives back.</summary>
internal readonly struct Arrival
{
    /// <summary>What is to be done.</summary>
    public required ArrivalKind Kind { get; init; }

    /// <summary>First byte of the range of a write or zero.</summary>
    public long Offset { get; init; }

    /// <summary>Bytes of the range.</summary>
    public long Length { get; init; }

    /// <summary>The data of a write.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>What holds <see cref="Data"/>.</summary>
    public IDisposable? Owner { get; init; }

    /// <summary>The mark.</summary>
    public ImageMark Mark { get; init; }

    /// <summary>Whether the state that begins here is Live; null when none does. For <see cref="ArrivalKind.Barrier"/>.</summary>
    public bool? Live { get; init; }

    /// <summary>What to hash.</summary>
    public HashRequestMessage Hash { get; init; }

    /// <summary>Whether tags that are known without reading will do: in a scan. A verify is told what the disk says.</summary>
    public bool Known { get; init; }

    /// <summary>Completed when everything before has been applied.</summary>
    public TaskCompletionSource? Reached { get; init; }

    /// <summary>Gives the payload back.</summary>
    public void Release() => Owner?.Dispose();
}
