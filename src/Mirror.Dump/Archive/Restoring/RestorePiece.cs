namespace Mirror.Dump.Archive.Restoring;

/// <summary>A piece of a small file's content.</summary>
/// <param name="Offset">Where it belongs in the file, in bytes.</param>
/// <param name="At">Where it stands in the job's buffer.</param>
/// <param name="Length">Its bytes.</param>
internal sealed record RestorePiece(long Offset, int At, int Length);
