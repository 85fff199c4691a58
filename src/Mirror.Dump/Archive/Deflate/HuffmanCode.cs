namespace Mirror.Dump.Archive.Deflate;

/// <summary>The shortest prefix code for how often symbols come, of a bounded length, in the form in which deflate writes it (RFC 1951, section 3.2.2).</summary>
/// <param name="symbols">How many symbols there are; at least 2.</param>
/// <param name="longest">Bits of the longest code, at most 15.</param>
internal sealed class HuffmanCode(int symbols, int longest)
{
    private const int LengthShift = 24;

    private readonly uint[] _codes = new uint[symbols];
    private readonly byte[] _lengths = new byte[symbols];

    /// <summary>How often each symbol comes. Whoever counts clears it.</summary>
    public int[] Counts { get; } = new int[symbols];

    /// <summary>Bits of each symbol's code; 0 for those that do not come.</summary>
    public ReadOnlySpan<byte> Lengths => _lengths;

    /// <summary>The codes, first bit lowest, with their <see cref="BitsOf"/>.</summary>
    public ReadOnlySpan<uint> Codes => _codes;

    /// <summary>A code, or several bits after one another, as one number.</summary>
    public static uint Pack(uint bits, int length) => bits | ((uint)length << LengthShift);

    /// <summary>The bits of a packed code.</summary>
    public static uint BitsOf(uint packed) => packed & ((1u << LengthShift) - 1);

    /// <summary>How many they are.</summary>
    public static int LengthOf(uint packed) => (int)(packed >> LengthShift);

    /// <summary>Makes the code for <see cref="Counts"/>. At least two symbols get one, as some readers want it.</summary>
    public void Make()
    {
        Span<ulong> used = stackalloc ulong[symbols];
        int count = 0;
        int unused = Math.Max(0, 2 - (symbols - Counts.AsSpan().Count(0)));
        for (int i = 0; i < symbols; i++)
        {
            if (Counts[i] > 0 || unused-- > 0) used[count++] = ((ulong)Counts[i] << 16) | (uint)i;
        }
        used = used[..count];
        used.Sort();
        Span<int> ofLength = stackalloc int[longest + 1];
        CountLengths(used, ofLength);
        Array.Clear(_lengths);
        int at = 0;
        for (int length = longest; length > 0; length--)
        {
            for (int left = ofLength[length]; left > 0; left--) _lengths[(int)(used[at++] & 0xFFFF)] = (byte)length;
        }
        Assign(ofLength);
    }

    /// <summary>How many codes of each length there are: Moffat and Katajainen, "In-place calculation of minimum-redundancy codes", then shortened to the bound.</summary>
    private void CountLengths(ReadOnlySpan<ulong> used, Span<int> ofLength)
    {
        int count = used.Length;
        Span<int> nodes = stackalloc int[count];
        for (int i = 0; i < count; i++) nodes[i] = (int)(used[i] >> 16);
        // Each inner node takes the two lightest of leaves and inner nodes, and its place has its weight until it has a parent, then the parent.
        int leaf = 0, inner = 0;
        for (int next = 0; next < count - 1; next++)
        {
            int weight = 0;
            for (int child = 0; child < 2; child++)
            {
                if (leaf >= count || (inner < next && nodes[inner] < nodes[leaf]))
                {
                    weight += nodes[inner];
                    nodes[inner++] = next;
                }
                else
                {
                    weight += nodes[leaf++];
                }
            }
            nodes[next] = weight;
        }
        // Depths of inner nodes, from the root down; what an inner node of a depth does not take of the places below it are leaves.
        nodes[count - 2] = 0;
        for (int next = count - 3; next >= 0; next--) nodes[next] = nodes[nodes[next]] + 1;
        ofLength.Clear();
        int places = 1, at = count - 2;
        for (int depth = 0; places > 0; depth++)
        {
            int inside = 0;
            for (; at >= 0 && nodes[at] == depth; at--) inside++;
            ofLength[Math.Min(depth, longest)] += places - inside;
            places = 2 * inside;
        }
        // Cutting the deep ones asks for more codes than there are: one of the longest goes below a shorter one, until it fits.
        int codes = 0;
        for (int length = 1; length <= longest; length++) codes += ofLength[length] << (longest - length);
        for (; codes > 1 << longest; codes--)
        {
            int length = longest - 1;
            while (ofLength[length] == 0) length--;
            ofLength[length]--;
            ofLength[length + 1] += 2;
            ofLength[longest]--;
        }
    }

    private void Assign(ReadOnlySpan<int> ofLength)
    {
        Span<uint> next = stackalloc uint[longest + 1];
        uint code = 0;
        for (int length = 1; length <= longest; length++) next[length] = code = (code + (uint)(length > 1 ? ofLength[length - 1] : 0)) << 1;
        for (int i = 0; i < symbols; i++)
        {
            int length = _lengths[i];
            _codes[i] = length == 0 ? 0 : Pack(Reversed(next[length]++, length), length);
        }
    }

    private static uint Reversed(uint code, int length)
    {
        uint reversed = 0;
        for (int i = 0; i < length; i++) reversed |= ((code >> i) & 1) << (length - 1 - i);
        return reversed;
    }
}
