using Mirror.Core.Fakes;
using Mirror.Core.Store;

namespace Mirror.Core.Tests.Store;

/// <summary>A store on fake files, and what a disk looked like at each mark that it was told of.</summary>
internal sealed class StoreRig : IDisposable
{
    public const string Image = "/s/image", Marks = "/s/marks", JournalPath = "/s/journal";

    public static readonly VolumeFiles Places = new("/", "s", null);

    private readonly int _size;

    public StoreRig(int size, FakeImageFiles files, StoreOptions options, bool create)
    {
        _size = size;
        Files = files;
        if (create)
        {
            MarkSlots.Create(files, Marks);
            using IImageFile file = files.Open(Image, ImageOpenMode.New);
            file.SetSize(size);
        }
        Store = ImageStore.Open(files, Places, files.Open(Image, ImageOpenMode.Existing), MarkSlots.Open(files, Marks), size, options);
    }

    public FakeImageFiles Files { get; }

    public ImageStore Store { get; }

    /// <summary>Everything after all arrivals.</summary>
    public byte[] Newest()
    {
        byte[] all = new byte[_size];
        Store.Read(0, all);
        return all;
    }

    /// <summary>What a view shows, and of which mark; null when there is none.</summary>
    public (ulong N, byte[] Bytes)? Consistent(bool settled = false)
    {
        using IConsistentView? view = Store.OpenConsistent(settled, CancellationToken.None);
        return view is null ? null : (view.Mark.N, Bytes(view));
    }

    /// <summary>All of a view, and that what it calls a hole is one.</summary>
    public static byte[] Bytes(IConsistentView view)
    {
        byte[] all = new byte[view.SizeBytes], data = new byte[view.SizeBytes];
        view.Read(0, all);
        for (long at = 0; view.NextData(at, out long start, out long end); at = end) all.AsSpan((int)start, (int)(end - start)).CopyTo(data.AsSpan((int)start));
        Assert.True(all.AsSpan().SequenceEqual(data), "NextData has passed over data.");
        return all;
    }

    public static ImageMark Mark(ulong n, bool consistent) => new(n, n * 31, consistent, 0, 1000 + n, new Guid(1, 2, 3, new byte[8]));

    public void Dispose() => Store.Dispose();
}
