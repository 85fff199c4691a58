using System.Runtime.InteropServices;
using System.Text;
using Mirror.Core.Files;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Files;

/// <summary>Sets what is around content, in the order in which one thing does not undo another: owner, mode, attributes, times, flags.</summary>
internal static unsafe class MetadataWriter
{
    private const nuint SetFlagsRequest = 0x40086602, GetFlagsRequest = 0x80086601;

    /// <summary>Flags that mean something to a user: s, S, i, a, d, A, j, D, T. The others say how a file system stores things.</summary>
    private const uint UserFlags = 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x4000 | 0x10000 | 0x20000;

    /// <summary>On an open file or directory.</summary>
    public static void Set(int descriptor, TargetMetadata metadata, ITargetFailures failures)
    {
        Note(FileNative.ChangeOwner(descriptor, metadata.UserId, metadata.GroupId), "owners and groups", failures);
        Note(FileNative.ChangeMode(descriptor, (uint)metadata.Mode & 0xFFF), "permissions", failures);
        foreach (TargetAttribute attribute in metadata.Attributes)
        {
            byte[] name = Encoding.UTF8.GetBytes(attribute.Name + '\0');
            fixed (byte* text = name)
            fixed (byte* value = attribute.Value.Span)
                Note(FileNative.SetAttribute(descriptor, text, value, (nuint)attribute.Value.Length, 0), Kind(attribute.Name), failures);
        }
        long* times = stackalloc long[] { metadata.AccessedSeconds, metadata.AccessedNanoseconds, metadata.ModifiedSeconds, metadata.ModifiedNanoseconds };
        Note(FileNative.SetTimes(descriptor, times), "times", failures);
        SetFlags(descriptor, metadata.Flags & UserFlags, failures);
    }

    /// <summary>On a name in a directory: a symbolic link, device, FIFO or socket.</summary>
    public static void Set(int directory, byte* name, ReadOnlySpan<byte> text, TargetMetadata metadata, ITargetFailures failures)
    {
        Note(FileNative.ChangeOwnerAt(directory, name, metadata.UserId, metadata.GroupId, FileNative.SymbolicLinkNoFollow), "owners and groups", failures);
        const int symbolicLink = 10;
        if (metadata.Mode >> 12 != symbolicLink) Note(FileNative.ChangeModeAt(directory, name, (uint)metadata.Mode & 0xFFF, FileNative.SymbolicLinkNoFollow), "permissions", failures);
        if (metadata.Attributes.Count > 0)
        {
            fixed (byte* path = PathOf(directory, text))
            {
                foreach (TargetAttribute attribute in metadata.Attributes)
                {
                    byte[] attributeName = Encoding.UTF8.GetBytes(attribute.Name + '\0');
                    fixed (byte* key = attributeName)
                    fixed (byte* value = attribute.Value.Span)
                        Note(FileNative.SetAttributeOfLink(path, key, value, (nuint)attribute.Value.Length, 0), Kind(attribute.Name), failures);
                }
            }
        }
        long* times = stackalloc long[] { metadata.AccessedSeconds, metadata.AccessedNanoseconds, metadata.ModifiedSeconds, metadata.ModifiedNanoseconds };
        Note(FileNative.SetTimesAt(directory, name, times, FileNative.SymbolicLinkNoFollow), "times", failures);
    }

    /// <summary>A path that leads to a name in an open directory and nowhere else.</summary>
    public static byte[] PathOf(int directory, ReadOnlySpan<byte> name)
    {
        byte[] head = Encoding.ASCII.GetBytes($"/proc/self/fd/{directory}{(name.IsEmpty ? "/." : "/")}");
        byte[] path = new byte[head.Length + name.Length + 1];
        head.CopyTo(path, 0);
        name.CopyTo(path.AsSpan(head.Length));
        return path;
    }

    private static void SetFlags(int descriptor, uint wanted, ITargetFailures failures)
    {
        if (wanted == 0) return;
        long flags = 0;
        if (Libc.Control(descriptor, GetFlagsRequest, (nint)(&flags)) < 0)
        {
            Note(-1, "inode flags", failures);
            return;
        }
        flags |= wanted;
        Note(Libc.Control(descriptor, SetFlagsRequest, (nint)(&flags)), "inode flags", failures);
    }

    private static void Note(int result, string what, ITargetFailures failures)
    {
        if (result < 0) failures.Add(what, Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
    }

    private static string Kind(string attribute)
    {
        int dot = attribute.IndexOf('.', StringComparison.Ordinal);
        return attribute.StartsWith("system.posix_acl", StringComparison.Ordinal) ? "ACLs" : $"attributes {(dot < 0 ? attribute : attribute[..dot])}.*";
    }
}
