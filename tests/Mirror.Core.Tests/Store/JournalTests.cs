using Mirror.Core.Fakes;
using Mirror.Core.Store;

namespace Mirror.Core.Tests.Store;

public sealed class JournalTests
{
    private const int Size = 2 << 20;
    private const int JournalBytes = 256 << 10;

    private readonly FakeImageFiles _files = new();
    private readonly byte[] _disk = new byte[Size];
    private ulong _mark;

    [Fact]
    public async Task A_journal_that_is_full_holds_the_writer_up_until_the_image_has_caught_up()
    {
        using StoreRig rig = Live();
        using var gate = new ManualResetEventSlim();
        _files.Hook = (operation, path) =>
        {
            if (operation == FakeImageOperation.Write && path == StoreRig.Image) gate.Wait();
        };
        int written = 0;
        Task writer = Task.Run(() =>
        {
            for (int i = 0; i < 60; i++)
            {
                Write(rig, i * 4096 % Size, 16 << 10, i);
                Commit(rig, consistent: true);
                Volatile.Write(ref written, i + 1);
            }
        });
        await Waiting.UntilAsync(() => Volatile.Read(ref written) >= 8);
        await Task.WhenAny(writer, Task.Delay(500));     // time to do what it must not
        Assert.InRange(Volatile.Read(ref written), 8, JournalBytes / (16 << 10));
        gate.Set();
        await writer.WaitAsync(Server.TestClient.Deadline);
        // It was throttled, not moved aside.
        Assert.DoesNotContain(_files.Operations, o => o.Path.Contains("overlay", StringComparison.Ordinal));
        Assert.Equal(_disk, rig.Consistent(settled: true)!.Value.Bytes);
        Assert.Equal(_disk, _files.Image(StoreRig.Image).ToArray());
    }

    [Fact]
    public void What_fills_the_journal_without_a_consistent_mark_moves_aside_and_the_image_stays()
    {
        using StoreRig rig = Live();
        byte[] before = rig.Consistent(settled: true)!.Value.Bytes;
        for (int i = 0; i < 40; i++)
        {
            Write(rig, i * 20_480 % (Size - 65536), 16 << 10, i);
            if (i % 10 == 0) Commit(rig, consistent: false);
        }
        Assert.Contains(_files.Operations, o => o.Path.Contains("overlay", StringComparison.Ordinal));
        Assert.Equal(_disk, rig.Newest());
        Assert.Equal(before, rig.Consistent(settled: true)!.Value.Bytes);
        Assert.Equal(before, _files.Image(StoreRig.Image).ToArray());
        Commit(rig, consistent: true);
        Assert.Equal(_disk, rig.Consistent(settled: true)!.Value.Bytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_record_that_counts_and_is_damaged_is_an_error_and_one_that_does_not_count_is_not_looked_at(bool counts)
    {
        long at;
        FakeImageFiles left;
        using (StoreRig rig = Live())
        {
            // The image stalls, so that what is committed is in the journal only.
            using var gate = new ManualResetEventSlim();
            _files.Hook = (operation, path) =>
            {
                if (operation == FakeImageOperation.Write && path == StoreRig.Image) gate.Wait();
            };
            Write(rig, 4096, 8192, 1);
            Commit(rig, consistent: true);
            Write(rig, 0, 8192, 2);
            Commit(rig, consistent: false);
            using (MarkSlots marks = MarkSlots.Open(_files.AfterPowerCut(new Random(1)), StoreRig.Marks)) at = counts ? marks.State.From + 1000 : marks.State.End + 100;
            left = _files.AfterPowerCut(new Random(1));
            gate.Set();
        }
        using (IImageFile journal = left.Open(StoreRig.JournalPath, ImageOpenMode.Existing))
        {
            journal.Write(at, [1, 2, 3]);
            journal.Flush();
        }
        if (counts)
        {
            var e = Assert.Throws<StoreUnusableException>(() => new StoreRig(Size, left, Options, create: false));
            Assert.Contains(StoreRig.JournalPath, e.Message, StringComparison.Ordinal);
            return;
        }
        using var again = new StoreRig(Size, left, Options, create: false);
        Assert.Equal(_disk, again.Newest());
        byte[] then = (byte[])_disk.Clone();
        then.AsSpan(0, 4096).Clear();
        new Random(1).NextBytes(then.AsSpan(4096, 8192));
        Assert.Equal(then, again.Consistent(settled: true)!.Value.Bytes);
    }

    [Theory]
    [InlineData(StoreRig.JournalPath)]
    [InlineData("/s/overlay-1")]
    [InlineData("/s/overlay-1.map")]
    public void A_file_that_counts_and_is_missing_is_an_error_that_names_it(string path)
    {
        StoreRig rig = Live();
        using var gate = new ManualResetEventSlim();
        _files.Hook = (operation, at) =>
        {
            if (operation == FakeImageOperation.Write && at == StoreRig.Image) gate.Wait();
        };
        Write(rig, 4096, 8192, 1);
        Commit(rig, consistent: true);
        if (path != StoreRig.JournalPath)
        {
            Write(rig, 0, 8192, 2);
            rig.Store.EnterLive(false);
            Commit(rig, consistent: false);
        }
        FakeImageFiles left = _files.AfterPowerCut(new Random(1));
        gate.Set();
        rig.Dispose();
        left.Remove(path);
        Assert.Contains(path, Assert.Throws<StoreUnusableException>(() => new StoreRig(Size, left, Options, create: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Leftovers_that_no_slot_counts_are_removed()
    {
        Live().Dispose();
        foreach (string name in (string[])["/s/overlay-77", "/s/overlay-77.map"])
        {
            using IImageFile file = _files.Open(name, ImageOpenMode.New);
            file.SetSize(4096);
        }
        new StoreRig(Size, _files, Options, create: false).Dispose();
        Assert.DoesNotContain(_files.Files("/s"), f => f.StartsWith("overlay", StringComparison.Ordinal));
    }

    [Fact]
    public void Readers_do_not_hold_up_each_other_for_ever()
    {
        using StoreRig rig = Live();
        List<IConsistentView> views = [];
        for (int i = 0; i < Mover.MostViews; i++)
        {
            // Each at another mark, with the journal going round in between.
            for (int k = 0; k < 12; k++)
            {
                Write(rig, k * 36_864, 32 << 10, i * 100 + k);
                Commit(rig, consistent: true);
            }
            views.Add(rig.Store.OpenConsistent(false, CancellationToken.None)!);
            Assert.Equal(_mark, views[^1].Mark.N);
            Assert.Equal(_disk, StoreRig.Bytes(views[^1]));
        }
        Assert.Throws<IOException>(() => rig.Store.OpenConsistent(false, CancellationToken.None));
        using var late = new CancellationTokenSource();
        foreach (IConsistentView view in views) view.Dispose();
        Assert.Equal(_disk, rig.Consistent(settled: true)!.Value.Bytes);
        Assert.Equal(_disk, _files.Image(StoreRig.Image).ToArray());
    }

    private static StoreOptions Options => new(JournalBytes, 1000);

    private StoreRig Live()
    {
        var rig = new StoreRig(Size, _files, Options, create: true);
        rig.Store.EnterLive(true);
        Commit(rig, consistent: true);
        return rig;
    }

    private void Write(StoreRig rig, int offset, int length, int seed)
    {
        byte[] data = new byte[length];
        new Random(seed).NextBytes(data);
        data.CopyTo(_disk, offset);
        rig.Store.Write(offset, data);
    }

    private void Commit(StoreRig rig, bool consistent)
    {
        rig.Store.Mark(StoreRig.Mark(++_mark, consistent));
        rig.Store.Commit();
    }
}
