using Mirror.Core.Fakes;
using Mirror.Core.Store;
using Xunit.Abstractions;

namespace Mirror.Core.Tests.Store;

public sealed class ImageStoreTests(ITestOutputHelper output)
{
    private const string Image = "/s/image", Marks = "/s/marks";
    private const int Size = 2 << 20;

    [Fact]
    public void The_image_is_on_the_platter_before_the_mark_is_written()
    {
        var files = new FakeImageFiles();
        using ImageStore store = Open(files, create: true);
        store.Write(0, Random(4096, 1));
        store.Mark(Mark(1));
        files.Operations.Clear();
        store.Commit();
        Assert.Equal([(FakeImageOperation.Flush, Image), (FakeImageOperation.Write, Marks), (FakeImageOperation.Flush, Marks)], files.Operations);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]     // the control: with storage that does not flush, the same check must find a loss
    public void Whatever_moment_the_power_goes_everything_before_the_committed_mark_is_there(bool flushes)
    {
        int lost = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var files = new FakeImageFiles { FlushLies = !flushes };
            byte[] model = new byte[Size];
            ulong[] written = new ulong[Size / 512];    // by sector: before which mark it was written last
            var atMark = new Dictionary<ulong, byte[]>();
            using (ImageStore store = Open(files, create: true))
            {
                FakeImageFiles? left = null;
                int cutAfter = random.Next(5, 120);
                files.Hook = (_, _) =>
                {
                    if (--cutAfter == 0) left = files.AfterPowerCut(random);
                };
                for (ulong n = 1; left is null; n++)
                {
                    for (int i = random.Next(8); i >= 0; i--)
                    {
                        int offset = random.Next(Size / 512 - 64) * 512, length = random.Next(1, 64) * 512;
                        written.AsSpan(offset / 512, length / 512).Fill(n);
                        if (random.Next(4) == 0)
                        {
                            store.Zero(offset, length);
                            model.AsSpan(offset, length).Clear();
                        }
                        else
                        {
                            byte[] data = Random(length, random.Next());
                            store.Write(offset, data);
                            data.CopyTo(model, offset);
                        }
                    }
                    atMark[n] = (byte[])model.Clone();
                    store.Mark(Mark(n));
                    store.Commit();
                }
                files.Hook = null;
                using ImageStore after = Open(left, create: false);
                ulong committed = after.Committed.N;
                if (committed == 0) continue;
                // Later writes may be there, whole or in pieces; every sector that has not been written since is that of the mark.
                byte[] image = left.Image(Image).ToArray();
                byte[] then = atMark[committed];
                for (int at = 0; at < Size; at += 512)
                {
                    if (written[at / 512] > committed || image.AsSpan(at, 512).SequenceEqual(then.AsSpan(at, 512))) continue;
                    lost++;
                    break;
                }
            }
        }
        if (flushes) Assert.Equal(0, lost);
        else Assert.NotEqual(0, lost);
    }

    [Fact]
    public void A_failed_flush_commits_nothing_then_or_later_and_the_lost_pages_are_forgotten()
    {
        var files = new FakeImageFiles();
        using ImageStore store = Open(files, create: true);
        store.Write(0, Random(4096, 1));
        store.Mark(Mark(1));
        store.Commit();
        store.Write(0, Random(4096, 2));
        store.Mark(Mark(2));
        files.Hook = (operation, path) =>
        {
            if (operation == FakeImageOperation.Flush && path == Image) throw new IOException("lost");
        };
        Assert.Throws<IOException>(() => store.Commit());
        files.Hook = null;
        Assert.Throws<IOException>(() => store.Commit());
        Assert.Throws<IOException>(() => store.Write(0, new byte[512]));
        Assert.Throws<IOException>(() => store.Mark(Mark(3)));
        Assert.Equal(1UL, store.Committed.N);
        Assert.Equal(Random(4096, 2), files.Image(Image).ToArray()[..4096]);    // the cache still claims it
        store.Abandon();
        Assert.Equal(Random(4096, 1), files.Image(Image).ToArray()[..4096]);
    }

    [Fact]
    public void A_failed_write_leaves_an_earlier_mark_committable()
    {
        var files = new FakeImageFiles();
        using ImageStore store = Open(files, create: true);
        store.Write(0, Random(4096, 1));
        store.Mark(Mark(1));
        files.Hook = (operation, _) =>
        {
            if (operation == FakeImageOperation.Write) throw new StoreFullException("full");
        };
        Assert.Throws<StoreFullException>(() => store.Write(4096, Random(4096, 2)));
        files.Hook = null;
        Assert.Equal(1UL, store.Commit().N);
    }

    [Fact]
    public void Zeroes_into_a_hole_stay_a_hole()
    {
        var files = new FakeImageFiles();
        using ImageStore store = Open(files, create: true);
        store.Write(0, new byte[1 << 20]);
        store.Write(4096 + 512, new byte[8192]);
        Assert.Equal(0, store.NonZeroBytes);
        byte[] mixed = new byte[64 << 10];
        Random(4096, 3).CopyTo(mixed, 8192);
        store.Write(0, mixed);
        Assert.Equal(4096, store.NonZeroBytes);
        Assert.Equal(mixed, files.Image(Image).ToArray()[..mixed.Length]);
    }

    [Fact]
    public void Zeroes_over_data_are_written_when_short_and_punched_when_long()
    {
        var files = new FakeImageFiles();
        using ImageStore store = Open(files, create: true);
        byte[] data = Random(1 << 20, 4);
        store.Write(0, data);
        byte[] next = Random(1 << 20, 5);
        next.AsSpan(8192, 4096).Clear();
        next.AsSpan(512 << 10, 256 << 10).Clear();
        store.Write(0, next);
        Assert.Equal(next, files.Image(Image).ToArray()[..next.Length]);
        Assert.Equal((1 << 20) - (256 << 10), store.NonZeroBytes);
    }

    [Fact]
    public void Random_writes_and_zeroes_equal_a_plain_array()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var files = new FakeImageFiles();
        using ImageStore store = Open(files, create: true);
        byte[] model = new byte[Size];
        for (int i = 0; i < 400; i++)
        {
            int offset = random.Next(Size / 512) * 512, length = Math.Min(Size - offset, random.Next(1, 400) * 512);
            if (random.Next(3) == 0)
            {
                store.Zero(offset, length);
                model.AsSpan(offset, length).Clear();
                continue;
            }
            byte[] data = Random(length, random.Next());
            for (int k = random.Next(4); k > 0; k--)
            {
                int from = random.Next(length);
                data.AsSpan(from, Math.Min(length - from, random.Next(40_000))).Clear();
            }
            store.Write(offset, data);
            data.CopyTo(model, offset);
        }
        Assert.True(model.AsSpan().SequenceEqual(files.Image(Image).ToArray()), $"seed {seed}");
    }

    private static byte[] Random(int bytes, int seed)
    {
        byte[] data = new byte[bytes];
        new Random(seed).NextBytes(data);
        return data;
    }

    private static ImageMark Mark(ulong n) => new(n, n, false, 0, n, Guid.NewGuid());

    private static ImageStore Open(FakeImageFiles files, bool create)
    {
        if (create)
        {
            MarkSlots.Create(files, Marks);
            using IImageFile file = files.Open(Image, ImageOpenMode.New);
            file.SetSize(Size);
        }
        return ImageStore.Open(files, new VolumeFiles("/", "s", null), files.Open(Image, ImageOpenMode.Existing), MarkSlots.Open(files, Marks), Size);
    }
}
