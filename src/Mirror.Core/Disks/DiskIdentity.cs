namespace Mirror.Core.Disks;

/// <summary>What tells one disk from another. Recorded by the server at first contact (docs/protocol.md, IDENTIFY).</summary>
/// <param name="Text">Words for the administrator and for comparison: WWN, serial, model, partition UUID, or for a loop device its
/// backing file; at most <see cref="MaxTextBytes"/> bytes of UTF-8, never empty.</param>
/// <param name="Machine">The machine's id (16 bytes, /etc/machine-id on Linux; all zero when unknown).</param>
public sealed record DiskIdentity(string Text, Guid Machine)
{
    /// <summary>The longest identity text, in bytes of UTF-8.</summary>
    public const int MaxTextBytes = 256;
}
