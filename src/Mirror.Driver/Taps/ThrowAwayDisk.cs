using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>A small loop device over an unnamed file, gone with the last descriptor.</summary>
internal sealed unsafe class ThrowAwayDisk : IDisposable
{
    private const int Bytes = 1 << 20;
    private readonly DirectFile _device;

    private ThrowAwayDisk(DirectFile device) => _device = device;

    public string Path => _device.Path;

    public static ThrowAwayDisk Create()
    {
        string file = System.IO.Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath(), $"diskmirror-{Guid.NewGuid():N}");
        int backing = NativeError.Check(Libc.Open(file, Libc.ReadWrite | Libc.Create | Libc.CloseOnExec, 0x180), file);
        try
        {
            byte end = 0;
            if (Libc.WriteAt(backing, &end, 1, Bytes - 1) != 1) throw NativeError.Last(file);
            File.Delete(file);
            return Attach(backing);
        }
        finally
        {
            File.Delete(file);
            _ = Libc.Close(backing);
        }
    }

    /// <summary>Writes the buffer past every cache.</summary>
    public void Write(DirectBuffer buffer, long offset) => _device.Write(buffer, buffer.Bytes, offset);

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    private static ThrowAwayDisk Attach(int backing)
    {
        const nuint getFree = 0x4C82, configure = 0x4C0A;
        const uint autoclear = 4;
        int controller = NativeError.Check(Libc.Open("/dev/loop-control", Libc.ReadWrite | Libc.CloseOnExec, 0), "/dev/loop-control (a loop device is needed to check where memory is; load the module loop)");
        // struct loop_config: fd, block_size, struct loop_info64 (lo_flags at 52), reserved.
        byte* config = stackalloc byte[304];
        new Span<byte>(config, 304).Clear();
        *(int*)config = backing;
        *(uint*)(config + 8 + 52) = autoclear;
        try
        {
            for (int attempt = 0; ; attempt++)
            {
                int number = NativeError.Check(Libc.Control(controller, getFree, 0), "No loop device is free");
                string path = $"/dev/loop{number}";
                int descriptor = NativeError.Check(Libc.Open(path, Libc.ReadWrite | Libc.Direct | Libc.CloseOnExec, 0), path);
                if (Libc.Control(descriptor, configure, (nint)config) == 0) return new ThrowAwayDisk(new DirectFile(path, descriptor));
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
}
