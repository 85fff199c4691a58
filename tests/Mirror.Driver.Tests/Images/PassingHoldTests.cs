using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mirror.Core.Store;
using Mirror.Driver.Images;
using Mirror.Driver.Tests.Disks;

namespace Mirror.Driver.Tests.Images;

/// <summary>A lock belongs to an open file description, which every child has too from its fork to its exec. No such child may be taken for another server.</summary>
public sealed partial class PassingHoldTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ImageFiles _files = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_lock_ends_with_its_owner_though_a_child_still_has_the_descriptor()
    {
        string path = _directory.At("lock");
        IDisposable held = _files.Lock(path);
        using SafeFileHandle inherited = Inherited(path);
        held.Dispose();
        _files.Lock(path).Dispose();
    }

    [Fact]
    public void An_image_can_be_opened_again_at_once_though_a_child_still_has_the_descriptor()
    {
        string path = _directory.At("image");
        IImageFile image = _files.Open(path, ImageOpenMode.New);
        using SafeFileHandle inherited = Inherited(path);
        image.Dispose();
        _files.Open(path, ImageOpenMode.Existing).Dispose();
    }

    [Fact]
    public void A_lock_that_is_gone_in_a_moment_is_waited_for()
    {
        string path = _directory.At("lock");
        IDisposable held = _files.Lock(path);
        Thread holder = EndSoon(held);
        _files.Lock(path).Dispose();
        holder.Join();
    }

    [SkippableFact]
    public void A_device_that_is_held_for_a_moment_is_waited_for()
    {
        Skip.IfNot(LoopDisk.Possible, "needs root and loop devices");
        using LoopDisk loop = LoopDisk.CreateBlank(4 << 20);
        IImageFile image = _files.Open(loop.Path, ImageOpenMode.New);
        SafeFileHandle inherited = Inherited(loop.Path);
        image.Dispose();
        Thread holder = EndSoon(inherited);
        _files.Open(loop.Path, ImageOpenMode.Existing).Dispose();
        holder.Join();
    }

    // By a thread of its own: the pool may be full of other tests for longer than a passing holder is waited for.
    private static Thread EndSoon(IDisposable held)
    {
        Thread holder = new(() =>
        {
            Thread.Sleep(50);
            held.Dispose();
        });
        holder.Start();
        return holder;
    }

    // A second descriptor of the same description, as fork makes one. The other tests' descriptors come and go meanwhile.
    private static SafeFileHandle Inherited(string path)
    {
        string link = Directory.EnumerateFiles("/proc/self/fd").First(fd => new FileInfo(fd).LinkTarget == path);
        int copy = Duplicate(int.Parse(Path.GetFileName(link), System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(copy >= 0);
        return new SafeFileHandle(copy, ownsHandle: true);
    }

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial int Duplicate(int descriptor);
}
