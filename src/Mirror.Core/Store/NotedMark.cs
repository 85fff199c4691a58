namespace Mirror.Core.Store;

/// <summary>A mark that has been received and is not committed: what the state will be when it is.</summary>
/// <param name="Mark">The mark.</param>
/// <param name="Consistent">The last consistent mark up to it that this store has received; N is 0 for none.</param>
/// <param name="Kept">Whether there has been a consistent mark, ever.</param>
/// <param name="Run">The journal's run.</param>
/// <param name="RunStart">Where the run begins.</param>
/// <param name="ConsistentEnd">Where in the journal the consistent mark is.</param>
/// <param name="End">Where in the journal the mark is.</param>
/// <param name="Seal">Overlays that the consistent mark seals.</param>
/// <param name="List">Overlays that belong to the mark and that no consistent mark sealed before.</param>
internal sealed record NotedMark(ImageMark Mark, ImageMark Consistent, bool Kept, ulong Run, long RunStart, long ConsistentEnd, long End, Overlay[] Seal, Overlay[] List);
