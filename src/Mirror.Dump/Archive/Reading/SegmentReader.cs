using Mirror.Dump.Archive.Format;

namespace Mirror.Dump.Archive.Reading;

/// <summary>
/// The segments of an archive: a header and its data, with what is known of their being whole (docs/dump-format.md, section 9). Used by one thread; a segment is valid until the
/// next call.
/// </summary>
internal sealed class SegmentReader(RecordStream records, Action<string> tell)
{
    /// <summary>How far behind a segment a header is looked for that shows that nothing is missing.</summary>
    private const int Horizon = 1100;

    private readonly DumpHeader _next = new();
    private int _taken;
    private long _expected;
    private bool _begun, _quiet;

    /// <summary>The segment's header.</summary>
    public DumpHeader Header { get; } = new();

    /// <summary>Its data records; fewer than the header announces when some are missing. Of a map: none, see <see cref="MapRecords"/>.</summary>
    public ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>What is wrong with the data; empty when nothing is known to be.</summary>
    public string Damage { get; private set; } = "";

    /// <summary>Whether records were lost or passed over before this segment.</summary>
    public bool AfterGap { get; private set; }

    /// <summary>Records lost before this segment, as its number tells.</summary>
    public long Gap { get; private set; }

    /// <summary>Whether the end of the archive was seen.</summary>
    public bool Ended { get; private set; }

    /// <summary>Whether a data record could not be read; its bytes are zeroes.</summary>
    public bool IsBad(int record) => records.IsBad(1 + record);

    /// <summary>Goes on from another place.</summary>
    public void Restart()
    {
        _taken = 0;
        _begun = false;
        _quiet = true;
        Ended = false;
    }

    /// <summary>Reads the next segment; false at the end of what there is.</summary>
    public bool Next()
    {
        records.Skip(_taken);
        _taken = 0;
        bool known = _begun;
        long skipped = 0, from = records.Position, expected = _expected;
        if (records.Ensure(1) > 0) expected += records.VolumeHeaders(0, 1);
        while (!IsHeader(0, Header))
        {
            if (records.Ensure(1) == 0)
            {
                if (skipped > 0 && !_quiet) tell($"no header is among the last {skipped} records (from record {from} on).");
                return false;
            }
            records.Skip(1);
            skipped++;
            expected++;
            if (records.Ensure(1) > 0) expected += records.VolumeHeaders(0, 1);
        }
        _begun = true;
        Gap = known ? Header.Record - expected : 0;
        AfterGap = known && (skipped > 0 || Gap != 0);
        if (skipped > 0 && Gap == 0) Gap = skipped;
        _expected = Header.Record + 1;
        if (_quiet) _quiet = false;
        else if (skipped > 0) tell($"no header is where one should be (record {from}); {skipped} records are passed over.");
        else if (AfterGap) tell(Gap > 0 ? $"{Gap} records are missing before record {records.Position}." : $"record {records.Position} is not the one that should follow (number {Header.Record}, not {expected}).");
        Damage = "";
        Data = default;
        if (Header.Type == RecordType.End)
        {
            Ended = true;
            _taken = 1;
            return true;
        }
        if (Header.IsMap) _taken = 1;
        else TakeData(Header.DataRecords);
        if (!Header.IsMap) _expected += _taken - 1 + (_taken > 1 ? records.VolumeHeaders(1, _taken - 1) : 0);
        return true;
    }

    /// <summary>Takes the records of a map, some at a time.</summary>
    /// <param name="left">How many are still to come; counted down.</param>
    /// <returns>Some of them; none when they end.</returns>
    public ReadOnlyMemory<byte> MapRecords(ref int left)
    {
        records.Skip(_taken);
        _taken = 0;
        int there = records.Ensure(Math.Min(left, DumpFormat.SegmentRecords));
        _expected += there + (there > 0 ? records.VolumeHeaders(0, there) : 0);
        for (int i = 0; i < there; i++)
        {
            if (records.IsBad(i)) Damage = "records of it could not be read";
        }
        left -= there;
        _taken = there;
        if (there == 0) Damage = "the archive ends in it";
        else if (left == 0 && !IsHeader(there, _next)) Damage = "no header follows it";
        return records.Records(0, there);
    }

    private void TakeData(int count)
    {
        int there = records.Ensure(count + 2) - 1;
        int bad = 0;
        for (int i = 0; i < Math.Min(there, count); i++)
        {
            if (records.IsBad(1 + i)) bad++;
        }
        if (there > count && IsHeader(1 + count, _next) && _next.Record == Next(count))
        {
            Data = records.Records(1, count);
            _taken = 1 + count;
            if (bad > 0) Damage = $"{bad} of its records could not be read";
            else if (count > 0 && _next.Extended && DataCheck.Of(Data.Span, 0) != _next.DataCheck) Damage = "its content has changed: the data check does not fit";
            return;
        }
        // Records may be missing: then another header stands where data should.
        for (int i = 1; i < Math.Min(there, count) + 1; i++)
        {
            if (!IsHeader(i, _next)) continue;
            Data = records.Records(1, i - 1);
            _taken = i;
            Damage = $"{count - i + 1} records of it are missing";
            return;
        }
        int taken = Math.Min(there, count);
        Data = records.Records(1, taken);
        _taken = 1 + taken;
        if (taken < count) Damage = "the archive ends in it";
        else if (bad > 0) Damage = $"{bad} of its records could not be read";
        else if (!AlignedAfter(count)) Damage = count > 0 ? "what follows it is damaged, so that it may be too" : "";
    }

    /// <summary>Whether a header further on has the number that it must have when nothing is missing between.</summary>
    private bool AlignedAfter(int count)
    {
        int there = records.Ensure(count + 2 + Horizon);
        for (int i = count + 2; i < there; i++)
        {
            if (IsHeader(i, _next)) return _next.Record == Next(i - 1);
        }
        return false;
    }

    /// <summary>The number of the header that follows so many data records.</summary>
    private long Next(int data)
    {
        long number = Header.Record + 1 + data + records.VolumeHeaders(1, data + 1);
        return Header.IsUfs2 ? number : (uint)number;
    }

    private bool IsHeader(int index, DumpHeader header) =>
        records.Ensure(index + 1) > index && !records.IsBad(index) && header.TryRead(records.Record(index)) && header.Date == records.Shape.Date
        && header.Magic == records.Shape.Magic && header.BigEndian == records.Shape.BigEndian;
}
