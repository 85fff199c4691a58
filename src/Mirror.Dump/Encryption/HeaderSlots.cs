namespace Mirror.Dump.Encryption;

/// <summary>The two header slots that begin a volume, as they were found: those that are whole, the higher sequence first.</summary>
internal sealed class HeaderSlots
{
    private readonly HeaderSlot? _first;

    private HeaderSlots(string name, HeaderSlot? first, IReadOnlyList<HeaderSlot> whole, IReadOnlyList<string> damage)
    {
        _first = first;
        Name = name;
        Whole = whole;
        Damage = damage;
    }

    public string Name { get; }

    /// <summary>At least one.</summary>
    public IReadOnlyList<HeaderSlot> Whole { get; }

    /// <summary>What is wrong with the other one.</summary>
    public IReadOnlyList<string> Damage { get; }

    /// <summary>Where the first block begins.</summary>
    public int BlocksAt => 2 * Whole[0].Bytes;

    /// <summary>Whether this is slot 0.</summary>
    public bool IsFirst(HeaderSlot slot) => ReferenceEquals(slot, _first);

    /// <summary>Reads the slots at the beginning of a window.</summary>
    /// <exception cref="DamagedException">There is no header; neither is whole.</exception>
    public static HeaderSlots Read(SlidingWindow window, string name)
    {
        ReadOnlySpan<byte> start = window.Peek(0, 16);
        int announced = HeaderSlot.Announced(start);
        string reason = "";
        HeaderSlot? first = announced > 0 ? ReadAt(window, 0, announced, out reason) : null;
        var damage = new List<string>();
        if (first is null) damage.Add(announced > 0 ? $"the first copy of its header is damaged: {reason}" : "the first copy of its header is damaged: it does not begin like one");
        // Where slot 0 is whole it says where slot 1 is; else that must be looked for.
        for (int bytes = first?.Bytes ?? SealFormat.MinSlotBytes; bytes <= (first?.Bytes ?? SealFormat.MaxSlotBytes); bytes *= 2)
        {
            if (HeaderSlot.Announced(window.Peek(bytes, 16)) != bytes)
            {
                if (first is not null) damage.Add("the second copy of its header is damaged: it does not begin like one");
                continue;
            }
            HeaderSlot? second = ReadAt(window, bytes, bytes, out reason);
            if (second is not null)
            {
                HeaderSlot[] whole = first is null ? [second] : first.Sequence >= second.Sequence ? [first, second] : [second, first];
                return new HeaderSlots(name, first, whole, damage);
            }
            damage.Add($"the second copy of its header is damaged: {reason}");
        }
        if (first is not null) return new HeaderSlots(name, first, [first], damage);
        throw new DamagedException($"{name}: no header of an encrypted archive can be read at byte 0 ({string.Join("; ", damage)}). If another copy of the archive exists, use that one: the key is in the header.");
    }

    private static HeaderSlot? ReadAt(SlidingWindow window, int at, int bytes, out string reason)
    {
        ReadOnlySpan<byte> slot = window.Peek(at, bytes);
        if (slot.Length == bytes) return HeaderSlot.Read(slot.ToArray(), out reason);
        reason = "the file ends in it";
        return null;
    }
}
