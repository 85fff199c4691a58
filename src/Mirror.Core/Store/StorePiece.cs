namespace Mirror.Core.Store;

/// <summary>A part of a range that stands in an overlay or in the journal, before what is beneath it.</summary>
/// <param name="Overlay">The overlay; null for a record of the journal.</param>
/// <param name="Record">The record.</param>
/// <param name="Start">First byte.</param>
/// <param name="End">The byte after the last.</param>
internal readonly record struct StorePiece(Overlay? Overlay, JournalRecord Record, long Start, long End);
