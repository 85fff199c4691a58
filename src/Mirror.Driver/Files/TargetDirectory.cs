using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Mirror.Core.Files;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Files;

/// <summary>A directory by its descriptor; names are looked up in it with <c>openat</c> and its kin, links never followed.</summary>
internal sealed unsafe class TargetDirectory(DescriptorHandle handle, string path) : ITargetDirectory
{
    private const uint NoReplace = 1;
    private const int MaxLink = 4096, MaxAttributes = 64 << 10;

    public ITargetDirectory Open(ReadOnlySpan<byte> name)
    {
        byte* text = stackalloc byte[name.Length + 1];
        int descriptor = FileNative.OpenAt(handle.Value, Put(name, text), FileNative.ReadOnly | FileNative.Directory | FileNative.NoFollow | FileNative.CloseOnExec, 0);
        if (descriptor >= 0) return new TargetDirectory(new DescriptorHandle(descriptor), $"{path}/{Text(name)}");
        int errno = Marshal.GetLastPInvokeError();
        throw errno is FileNative.Eloop or FileNative.Enotdir
            ? new IOException($"{path}/{Text(name)} is no directory: something else stands there (a symbolic link is not followed). Move it out of the way.")
            : NativeError.From(errno, $"{path}/{Text(name)} could not be opened");
    }

    public void MakeDirectory(ReadOnlySpan<byte> name)
    {
        byte* text = stackalloc byte[name.Length + 1];
        if (FileNative.MakeDirectoryAt(handle.Value, Put(name, text), 0x1C0) < 0 && Marshal.GetLastPInvokeError() != FileNative.Eexist) throw NativeError.Last($"{path}/{Text(name)} could not be made");
    }

    public ITargetFile CreateFile(ReadOnlySpan<byte> name)
    {
        byte* text = stackalloc byte[name.Length + 1];
        int descriptor = FileNative.OpenAt(handle.Value, Put(name, text), FileNative.WriteOnly | FileNative.Create | FileNative.Exclusive | FileNative.NoFollow | FileNative.CloseOnExec, 0x180);
        return descriptor >= 0 ? new TargetFile(new DescriptorHandle(descriptor), $"{path}/{Text(name)}") : throw NativeError.Last($"{path}/{Text(name)} could not be made");
    }

    public ITargetFile OpenFile(ReadOnlySpan<byte> name)
    {
        byte* text = stackalloc byte[name.Length + 1];
        int descriptor = FileNative.OpenAt(handle.Value, Put(name, text), FileNative.ReadOnly | FileNative.NonBlocking | FileNative.NoFollow | FileNative.CloseOnExec, 0);
        return descriptor >= 0 ? new TargetFile(new DescriptorHandle(descriptor), $"{path}/{Text(name)}") : throw NativeError.Last($"{path}/{Text(name)} could not be opened");
    }

    public void MakeSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        byte* text = stackalloc byte[name.Length + 1];
        byte* to = stackalloc byte[target.Length + 1];
        NativeError.Check(FileNative.MakeSymbolicLinkAt(Put(target, to), handle.Value, Put(name, text)), $"{path}/{Text(name)} could not be made");
    }

    public void MakeNode(ReadOnlySpan<byte> name, ushort mode, uint major, uint minor)
    {
        byte* text = stackalloc byte[name.Length + 1];
        ulong device = (((ulong)major & 0xFFFFF000) << 32) | (((ulong)major & 0xFFF) << 8) | (((ulong)minor & 0xFFFFFF00) << 12) | (minor & 0xFF);
        NativeError.Check(FileNative.MakeNodeAt(handle.Value, Put(name, text), ((uint)mode & 0xF000) | 0x180, device), $"{path}/{Text(name)} could not be made");
    }

    public void MakeHardLink(ReadOnlySpan<byte> name, ITargetDirectory directory, ReadOnlySpan<byte> existing)
    {
        byte* text = stackalloc byte[name.Length + 1];
        byte* from = stackalloc byte[existing.Length + 1];
        NativeError.Check(FileNative.LinkAt(((TargetDirectory)directory).Descriptor, Put(existing, from), handle.Value, Put(name, text), 0), $"{path}/{Text(name)} could not be linked");
    }

    public bool Remove(ReadOnlySpan<byte> name, bool directory)
    {
        byte* text = stackalloc byte[name.Length + 1];
        if (FileNative.UnlinkAt(handle.Value, Put(name, text), directory ? FileNative.RemoveDirectory : 0) == 0) return true;
        return Marshal.GetLastPInvokeError() == FileNative.Enoent ? false : throw NativeError.Last($"{path}/{Text(name)} could not be removed");
    }

    public void Rename(ReadOnlySpan<byte> name, ITargetDirectory to, ReadOnlySpan<byte> newName)
    {
        byte* text = stackalloc byte[name.Length + 1];
        byte* target = stackalloc byte[newName.Length + 1];
        NativeError.Check(FileNative.RenameAt(handle.Value, Put(name, text), ((TargetDirectory)to).Descriptor, Put(newName, target), NoReplace), $"{path}/{Text(name)} could not be moved");
    }

    public TargetStat? Stat(ReadOnlySpan<byte> name)
    {
        byte* text = stackalloc byte[name.Length + 1];
        byte* result = stackalloc byte[256];
        const uint basic = 0x7FF;
        if (FileNative.StatAt(handle.Value, Put(name, text), FileNative.SymbolicLinkNoFollow | (name.IsEmpty ? FileNative.EmptyPath : 0), basic, result) < 0)
            return Marshal.GetLastPInvokeError() == FileNative.Enoent ? null : throw NativeError.Last($"{path}/{Text(name)} could not be looked at");
        ReadOnlySpan<byte> at = new(result, 256);
        return new TargetStat(
            BinaryPrimitives.ReadUInt16LittleEndian(at[28..]), BinaryPrimitives.ReadUInt32LittleEndian(at[16..]), BinaryPrimitives.ReadUInt32LittleEndian(at[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(at[24..]), BinaryPrimitives.ReadInt64LittleEndian(at[40..]), BinaryPrimitives.ReadUInt32LittleEndian(at[128..]),
            BinaryPrimitives.ReadUInt32LittleEndian(at[132..]), BinaryPrimitives.ReadInt64LittleEndian(at[112..]), BinaryPrimitives.ReadUInt32LittleEndian(at[120..]),
            BinaryPrimitives.ReadUInt64LittleEndian(at[32..]));
    }

    public byte[] ReadLink(ReadOnlySpan<byte> name)
    {
        byte* text = stackalloc byte[name.Length + 1];
        byte[] target = new byte[MaxLink];
        fixed (byte* to = target)
        {
            nint bytes = FileNative.ReadLinkAt(handle.Value, Put(name, text), to, MaxLink);
            return bytes >= 0 ? target[..(int)bytes] : throw NativeError.Last($"{path}/{Text(name)} could not be read");
        }
    }

    public IReadOnlyList<TargetAttribute> ReadAttributes(ReadOnlySpan<byte> name)
    {
        List<TargetAttribute> attributes = [];
        byte[] list = new byte[MaxAttributes], value = new byte[MaxAttributes];
        fixed (byte* at = MetadataWriter.PathOf(handle.Value, name))
        fixed (byte* names = list)
        fixed (byte* bytes = value)
        {
            nint length = FileNative.ListAttributesOfLink(at, names, MaxAttributes);
            if (length < 0) return Marshal.GetLastPInvokeError() == FileNative.Eopnotsupp ? attributes : throw NativeError.Last($"the attributes of {path}/{Text(name)} could not be read");
            for (int from = 0; from < length;)
            {
                int end = Array.IndexOf(list, (byte)0, from, (int)length - from);
                if (end < 0) break;
                nint size = FileNative.GetAttributeOfLink(at, names + from, bytes, MaxAttributes);
                if (size >= 0) attributes.Add(new TargetAttribute(Encoding.UTF8.GetString(list, from, end - from), value[..(int)size]));
                else if (Marshal.GetLastPInvokeError() != FileNative.Enodata) throw NativeError.Last($"the attributes of {path}/{Text(name)} could not be read");
                from = end + 1;
            }
        }
        return attributes;
    }

    public void SetMetadata(ReadOnlySpan<byte> name, TargetMetadata metadata, ITargetFailures failures)
    {
        if (name.IsEmpty)
        {
            MetadataWriter.Set(handle.Value, metadata, failures);
            return;
        }
        byte* text = stackalloc byte[name.Length + 1];
        MetadataWriter.Set(handle.Value, Put(name, text), name, metadata, failures);
    }

    public void Dispose() => handle.Dispose();

    private int Descriptor => handle.Value;

    private static byte* Put(ReadOnlySpan<byte> name, byte* place)
    {
        name.CopyTo(new Span<byte>(place, name.Length));
        place[name.Length] = 0;
        return place;
    }

    private static string Text(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);
}
