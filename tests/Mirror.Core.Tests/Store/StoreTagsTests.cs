using System.Security.Cryptography;
using Mirror.Core.Fakes;
using Mirror.Core.Store;

namespace Mirror.Core.Tests.Store;

/// <summary>When a tag may be believed, one case at a time; <see cref="PowerCutTests"/> tries them all at random.</summary>
public sealed class StoreTagsTests
{
    private const int ChunkBytes = 16 << 10, Chunks = 300, Size = ChunkBytes * Chunks - 512;    // two pages of tags, a short end
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly FakeImageFiles _files = new();
    private readonly byte[] _disk = new byte[Size];
    private ulong _mark;
    private int _last;      // the chunk that was written last

    [Fact]
    public void What_was_hashed_once_is_known_until_it_is_written_and_also_after_a_restart()
    {
        StoreRig rig = Consistent();
        Assert.Equal(0, Known(rig));
        Refresh(rig);
        Assert.Equal(Chunks, Known(rig));
        Write(rig, 5 * ChunkBytes - 512, 1024);
        Assert.Equal(Chunks - 2, Known(rig));       // in the journal, not yet in the image
        Settle(rig);
        Assert.Equal(Chunks - 2, Known(rig));
        rig.Dispose();
        rig = Open();
        Assert.Equal(Chunks - 2, Known(rig));
        Refresh(rig);
        Refresh(rig);
        Assert.Equal(Chunks, Known(rig));
        rig.Dispose();
    }

    [Fact]
    public void What_was_written_in_this_round_or_the_last_is_left_alone()
    {
        StoreRig rig = Consistent();
        Refresh(rig);
        Write(rig, 0, 512);
        Settle(rig);
        Refresh(rig);
        Assert.Equal(Chunks - 1, Known(rig));
        Write(rig, 0, 512);
        Settle(rig);
        Refresh(rig);
        Assert.Equal(Chunks - 1, Known(rig));
        Refresh(rig);
        Refresh(rig);
        Assert.Equal(Chunks, Known(rig));
        rig.Dispose();
    }

    [Fact]
    public void A_chunk_that_is_written_while_it_is_hashed_gets_no_tag()
    {
        StoreRig rig = Consistent();
        TagTicket? ticket = rig.Store.Tags.Begin(7);
        Assert.NotNull(ticket);
        byte[] tag = Tag(7);
        Write(rig, 7 * ChunkBytes, 4096);
        Settle(rig);
        rig.Store.Tags.End(ticket, tag);
        Assert.False(rig.Store.Tags.TryGet(7, tag));
        rig.Dispose();
    }

    [Fact]
    public void What_stands_above_the_image_is_not_hashed_into_its_tag()
    {
        StoreRig rig = Consistent();
        TagTicket? ticket = rig.Store.Tags.Begin(7);
        Assert.NotNull(ticket);
        Write(rig, 7 * ChunkBytes, 4096);       // the scan was broken off, so this has not waited; it is never committed
        rig.Store.Tags.End(ticket, Tag(7));
        rig.Dispose();
        rig = Open();
        Assert.False(rig.Store.Tags.TryGet(7, new byte[16]));
        rig.Dispose();
    }

    [Fact]
    public void An_image_that_somebody_else_has_changed_while_the_server_was_stopped_has_no_tags()
    {
        StoreRig rig = Consistent();
        Refresh(rig);
        rig.Dispose();
        using (IImageFile image = _files.Open(StoreRig.Image, ImageOpenMode.Existing)) image.Write(ChunkBytes, new byte[512]);
        rig = Open();
        Assert.False(rig.Store.Tags.TryGet(1, new byte[16]));
        Assert.False(rig.Store.Tags.TryGet(2, new byte[16]));
        rig.Dispose();
    }

    [Fact]
    public void A_volume_whose_consistency_was_forgotten_has_no_tags()
    {
        StoreRig rig = Consistent();
        Refresh(rig);
        rig.Dispose();
        using (MarkSlots marks = MarkSlots.Open(_files, StoreRig.Marks)) marks.Store(marks.State with { Kept = false, Consistent = default, Run = 0, From = marks.State.End, ConsistentEnd = marks.State.End });
        rig = Open();
        Write(rig, 0, 512);     // straight into the image
        rig.Dispose();
        using (MarkSlots marks = MarkSlots.Open(_files, StoreRig.Marks)) marks.Store(marks.State with { Kept = true });
        rig = Open();
        Assert.False(rig.Store.Tags.TryGet(0, new byte[16]));
        Assert.False(rig.Store.Tags.TryGet(2, new byte[16]));
        rig.Dispose();
    }

    [Theory]
    [InlineData("hashes of another key")]
    [InlineData("a bit flipped")]
    [InlineData("pages exchanged")]
    [InlineData("cut short")]
    public void A_damaged_or_foreign_file_of_tags_vouches_for_nothing(string how)
    {
        StoreRig rig = Consistent();
        Refresh(rig);
        rig.Dispose();
        StoreOptions options = Options;
        using (IImageFile file = _files.Open(StoreRig.Places.Hashes, ImageOpenMode.Existing))
        {
            byte[] first = new byte[4096], second = new byte[4096];
            file.Read(4096, first);
            file.Read(8192, second);
            switch (how)
            {
                case "hashes of another key":
                    options = options with { HashKey = [.. Enumerable.Repeat((byte)9, 32)] };
                    break;
                case "a bit flipped":
                    first[500] ^= 1;
                    second[20] ^= 1;
                    file.Write(4096, first);
                    file.Write(8192, second);
                    break;
                case "pages exchanged":
                    file.Write(4096, second);
                    file.Write(8192, first);
                    break;
                default:
                    file.SetSize(8192);
                    break;
            }
        }
        rig = new StoreRig(Size, _files, options, create: false);
        for (int chunk = 0; chunk < Chunks; chunk++) Assert.False(rig.Store.Tags.TryGet(chunk, new byte[16]));
        Refresh(rig);
        Assert.Equal(Chunks, Known(rig));
        rig.Dispose();
    }

    [Fact]
    public void Tags_that_cannot_be_written_are_done_without_and_tags_that_cannot_be_taken_back_stop_the_store()
    {
        StoreRig rig = Consistent();
        bool failing = true;
        _files.Hook = (operation, path) =>
        {
            if (failing && operation == FakeImageOperation.Write && path == StoreRig.Places.Hashes) throw new StoreFullException("no room");
        };
        Refresh(rig);
        Assert.Equal(0, Known(rig));
        Write(rig, 0, 512);
        Mark(rig);
        Assert.Equal(_mark, rig.Consistent(settled: true)!.Value.N);    // nothing on storage had to be taken back
        failing = false;
        rig.Dispose();
        rig = Open();
        Refresh(rig);
        rig.Dispose();
        rig = Open();
        Assert.Equal(Chunks, Known(rig));
        failing = true;
        Write(rig, 0, 512);
        Mark(rig);
        Assert.True(SpinWait.SpinUntil(() => rig.Store.HasFailed, Deadline));
        failing = false;
        rig.Store.Abandon();
        rig.Dispose();
        rig = Open();
        Settle(rig);
        Assert.Equal(Chunks - 1, Known(rig));
        rig.Dispose();
    }

    private static StoreOptions Options => new(1 << 20, 64) { ChunkBytes = ChunkBytes, HashKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)] };

    private StoreRig Open() => new(Size, _files, Options, create: false);

    /// <summary>A volume full of data, at its first consistent mark.</summary>
    private StoreRig Consistent()
    {
        var rig = new StoreRig(Size, _files, Options, create: true);
        new Random(1).NextBytes(_disk);
        for (int at = 0; at < Size; at += ChunkBytes) rig.Store.Write(at, _disk.AsSpan(at, Math.Min(ChunkBytes, Size - at)));
        rig.Store.EnterLive(true);
        Settle(rig);
        return rig;
    }

    private void Write(StoreRig rig, int offset, int length)
    {
        rig.Store.EnterLive(true);
        new Random(offset).NextBytes(_disk.AsSpan(offset, length));
        _disk[offset] ^= (byte)(++_mark + 1);
        rig.Store.Write(offset, _disk.AsSpan(offset, length));
        _last = offset / ChunkBytes;
    }

    private void Mark(StoreRig rig)
    {
        rig.Store.EnterLive(true);
        rig.Store.Mark(StoreRig.Mark(++_mark, true));
        rig.Store.Commit();
    }

    /// <summary>A consistent mark, and the image is at it, on storage.</summary>
    private void Settle(StoreRig rig)
    {
        Mark(rig);
        Assert.True(SpinWait.SpinUntil(() =>
        {
            // Nothing is begun of what is not on storage.
            TagTicket? ticket = rig.Store.IsSettled ? rig.Store.Tags.Begin(_last) : null;
            rig.Store.Tags.End(ticket, []);
            return ticket is not null;
        }, Deadline));
    }

    private static void Refresh(StoreRig rig)
    {
        byte[] buffer = new byte[ChunkBytes];
        while (rig.Store.Tags.Refresh((data, _, tag) => SHA256.HashData(data)[..16].CopyTo(tag), buffer))
        {
        }
    }

    private byte[] Tag(int chunk) => SHA256.HashData(_disk.AsSpan(chunk * ChunkBytes, Math.Min(ChunkBytes, Size - chunk * ChunkBytes)))[..16];

    /// <summary>How many are known; each must be right.</summary>
    private int Known(StoreRig rig)
    {
        int known = 0;
        byte[] tag = new byte[16];
        for (int chunk = 0; chunk < Chunks; chunk++)
        {
            if (!rig.Store.Tags.TryGet(chunk, tag)) continue;
            Assert.Equal(Tag(chunk), tag);
            known++;
        }
        return known;
    }
}
