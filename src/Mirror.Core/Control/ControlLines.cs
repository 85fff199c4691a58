using System.Net.Sockets;

namespace Mirror.Core.Control;

/// <summary>Lines of bounded length over a Unix socket. One reader and one writer at a time.</summary>
internal sealed class ControlLines(Socket socket, int limit) : IDisposable
{
    private byte[] buffer = new byte[1024];
    private int start;
    private int end;

    /// <summary>The next line without its line feed, valid until the next call; null at the end of the stream. A last line without a line
    /// feed counts as none.</summary>
    /// <exception cref="InvalidDataException">The line is longer than the limit.</exception>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellation)
    {
        int searched = start;
        while (true)
        {
            int feed = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                ReadOnlyMemory<byte> line = buffer.AsMemory(start, searched + feed - start);
                start = searched + feed + 1;
                return line.Length <= limit ? line : throw TooLong();
            }
            if (end - start > limit) throw TooLong();
            if (start > 0)
            {
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                end -= start;
                start = 0;
            }
            if (end == buffer.Length) Array.Resize(ref buffer, (int)Math.Min((long)buffer.Length * 2, (long)limit + 1));
            searched = end;
            int read = await socket.ReceiveAsync(buffer.AsMemory(end), SocketFlags.None, cancellation).ConfigureAwait(false);
            if (read == 0) return null;
            end += read;
        }
    }

    /// <summary>Sends one line; <paramref name="line"/> already ends with its line feed.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> line, CancellationToken cancellation)
    {
        while (line.Length > 0)
            line = line[await socket.SendAsync(line, SocketFlags.None, cancellation).ConfigureAwait(false)..];
    }

    public void Dispose() => socket.Dispose();

    private InvalidDataException TooLong() => new($"A line is longer than {limit} bytes.");
}
