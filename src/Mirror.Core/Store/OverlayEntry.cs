namespace Mirror.Core.Store;

/// <summary>An overlay as a slot counts it (docs/consistency.md, section 10).</summary>
/// <param name="Id">Its number, which is a part of its files' names.</param>
/// <param name="Sealed">Whether it belongs to the last consistent mark, to be carried into the image; else it is open: newer than that mark.</param>
internal readonly record struct OverlayEntry(ulong Id, bool Sealed);
