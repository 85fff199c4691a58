using Mirror.Core.Files;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Files;

/// <summary>A file by its descriptor.</summary>
internal sealed unsafe class TargetFile(DescriptorHandle handle, string name) : ITargetFile
{
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* from = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint wrote = Libc.WriteAt(handle.Value, from + done, (nuint)(bytes.Length - done), offset + done);
                if (wrote <= 0) throw NativeError.Last($"{name} could not be written");
                done += (int)wrote;
            }
        }
    }

    public void SetLength(long bytes) => NativeError.Check(FileNative.Truncate(handle.Value, bytes), $"{name} could not be given its size of {bytes} bytes");

    public int Read(long offset, Span<byte> bytes)
    {
        int done = 0;
        fixed (byte* to = bytes)
        {
            while (done < bytes.Length)
            {
                nint got = Libc.ReadAt(handle.Value, to + done, (nuint)(bytes.Length - done), offset + done);
                if (got < 0) throw NativeError.Last($"{name} could not be read");
                if (got == 0) break;
                done += (int)got;
            }
        }
        return done;
    }

    public void SetMetadata(TargetMetadata metadata, ITargetFailures failures) => MetadataWriter.Set(handle.Value, metadata, failures);

    public void Dispose() => handle.Dispose();
}
