using Mirror.Core.Files;
using Mirror.Dump.Archive.Reading;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>An inode on its way into the target: made by the thread that reads the archive, finished by whichever worker does its last piece.</summary>
internal sealed class RestoreJob
{
    private int _open = 1;

    public required ArchiveInode Inode { get; init; }

    /// <summary>Where its names go.</summary>
    public required (DirectoryLease Directory, byte[] Name)[] Names { get; init; }

    /// <summary>Content of a small file or a link.</summary>
    public byte[]? Buffer { get; set; }

    /// <summary>Where pieces of the buffer belong.</summary>
    public List<RestorePiece> Pieces { get; } = [];

    /// <summary>Bytes in the buffer.</summary>
    public int Length { get; set; }

    /// <summary>A file that is written piece by piece.</summary>
    public ITargetFile? File { get; set; }

    public IReadOnlyList<TargetAttribute> Attributes { get; set; } = [];

    /// <summary>Why it cannot be made; the first reason.</summary>
    public string? Failure { get; set; }

    public void AddPiece() => Interlocked.Increment(ref _open);

    /// <summary>One piece is done.</summary>
    /// <returns>Whether it was the last.</returns>
    public bool PieceDone() => Interlocked.Decrement(ref _open) == 0;
}
