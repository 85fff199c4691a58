namespace Mirror.Driver.Images;

/// <summary>Writes zeroes where nothing cheaper can be done.</summary>
internal static class ZeroWriter
{
    private static readonly byte[] Zeroes = new byte[1 << 20];

    /// <summary>Writes one piece at an offset.</summary>
    internal delegate void Piece(long offset, ReadOnlySpan<byte> zeroes);

    /// <summary>Fills from <paramref name="start"/> up to <paramref name="end"/> through <paramref name="write"/>.</summary>
    public static void Write(long start, long end, Piece write)
    {
        while (start < end)
        {
            int length = (int)Math.Min(Zeroes.Length, end - start);
            write(start, Zeroes.AsSpan(0, length));
            start += length;
        }
    }
}
