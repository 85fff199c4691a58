using System.Runtime.InteropServices;
using System.Text;
using Mirror.Driver.Disks;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Mounts;

/// <summary>
/// A loop device over a part of a file. The kernel takes it away by itself when it is neither open nor mounted any more, so a crash leaves nothing. It
/// carries the name of what it shows, by which it is found again.
/// </summary>
internal sealed unsafe class LoopAttachment : IDisposable
{
    private const string Mark = "diskmirror:";
    private const nuint GetFree = 0x4C82, Configure = 0x4C0A, GetStatus = 0x4C05;
    private const uint ReadOnlyFlag = 1, AutoClear = 4;
    private const int InfoAt = 8, OffsetAt = 24, SizeLimitAt = 32, FlagsAt = 52, NameAt = 56, NameBytes = 64;

    private int _descriptor;

    private LoopAttachment(string device, int descriptor) => (Device, _descriptor) = (device, descriptor);

    /// <summary>The device.</summary>
    public string Device { get; }

    /// <summary>Attaches a file.</summary>
    /// <param name="file">The open file's descriptor; the kernel keeps it by itself.</param>
    /// <param name="offset">First byte of the part.</param>
    /// <param name="length">Bytes of the part.</param>
    /// <param name="readOnly">Whether nothing can be written through it.</param>
    /// <param name="name">What it shows.</param>
    public static LoopAttachment Create(int file, long offset, long length, bool readOnly, string name)
    {
        int controller = NativeError.Check(Libc.Open("/dev/loop-control", Libc.ReadWrite | Libc.CloseOnExec, 0), "/dev/loop-control (load the module loop; needs root)");
        byte* config = stackalloc byte[304];
        new Span<byte>(config, 304).Clear();
        *(int*)config = file;
        *(long*)(config + InfoAt + OffsetAt) = offset;
        *(long*)(config + InfoAt + SizeLimitAt) = length;
        *(uint*)(config + InfoAt + FlagsAt) = AutoClear | (readOnly ? ReadOnlyFlag : 0);
        byte[] text = Encoding.UTF8.GetBytes(Mark + name);
        // A long path keeps its end, which tells more than its beginning.
        if (text.Length > NameBytes - 1) text = [.. Encoding.UTF8.GetBytes(Mark), .. text[^(NameBytes - 1 - Mark.Length)..]];
        text.CopyTo(new Span<byte>(config + InfoAt + NameAt, NameBytes));
        try
        {
            for (int attempt = 0; ; attempt++)
            {
                int number = NativeError.Check(Libc.Control(controller, GetFree, 0), "No loop device is free");
                string path = $"/dev/loop{number}";
                int descriptor = NativeError.Check(Libc.Open(path, (readOnly ? Libc.ReadOnly : Libc.ReadWrite) | Libc.CloseOnExec, 0), path);
                if (Libc.Control(descriptor, Configure, (nint)config) == 0) return new LoopAttachment(path, descriptor);
                IOException failure = NativeError.Last(path);
                _ = Libc.Close(descriptor);
                // Another process was faster: take the next one.
                if (attempt >= 50) throw failure;
                Thread.Sleep(1 + attempt);
            }
        }
        finally
        {
            _ = Libc.Close(controller);
        }
    }

    /// <summary>What a loop device of this kind shows; null for any other device.</summary>
    public static string? NameOf(string device)
    {
        using var handle = DiskNative.Open(device, DiskNative.O_NONBLOCK);
        if (handle.IsInvalid) return null;
        byte* info = stackalloc byte[232];
        if (DiskNative.Ioctl(handle, GetStatus, info) != 0) return null;
        string name = Marshal.PtrToStringUTF8((nint)(info + NameAt)) ?? "";
        return name.StartsWith(Mark, StringComparison.Ordinal) ? name[Mark.Length..] : null;
    }

    /// <summary>Lets go: the device stays for as long as it is mounted.</summary>
    public void Dispose()
    {
        if (_descriptor >= 0) _ = Libc.Close(_descriptor);
        _descriptor = -1;
    }
}
