using System.Security.Cryptography;
using Mirror.Core.Fakes;
using Mirror.Core.Store;

namespace Mirror.Core.Tests.Store;

/// <summary>
/// A random life of a store, cut at a random operation, again and again: at each cut what storage kept must hold the last committed consistent mark whole, and
/// everything before the last committed mark; and no tag of a chunk may be that of other content than the chunk has. A disk of a few hundred KiB and a journal of 64 KiB make it go round all the time.
/// </summary>
public sealed class PowerCutTests
{
    private const int Size = 384 << 10;
    private const int Sectors = Size / 512;
    private const int ChunkBytes = 16 << 10, Chunks = Size / ChunkBytes;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]     // the control: with storage that does not flush, the same check must find a loss
    public async Task Whatever_moment_the_power_goes_the_consistent_mark_is_whole_and_the_committed_one_is_there(bool flushes)
    {
        int first = flushes ? Environment.TickCount & 0xffff : 1, lives = flushes ? 60 : 12, wrong = 0, known = 0;
        for (int seed = first; seed < first + lives; seed++)
        {
            try
            {
                var life = new Life(seed, flushes);
                await Task.Run(life.Run).WaitAsync(TimeSpan.FromSeconds(60));
                known += life.Known;
            }
            catch (Exception e) when (!flushes && e is WrongException or StoreUnusableException)
            {
                wrong++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}: {e.Message}", e);
            }
        }
        if (!flushes) Assert.NotEqual(0, wrong);
        else Assert.InRange(known, lives, int.MaxValue);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]      // the store is full: writes that need room fail, all others go on
    public async Task Whatever_operation_fails_the_consistent_mark_is_whole_and_the_committed_one_is_there(bool full)
    {
        int first = Environment.TickCount & 0xffff;
        for (int seed = first; seed < first + 40; seed++)
        {
            var life = new Life(seed, true) { Fails = true, Fills = full };
            try
            {
                await Task.Run(life.Run).WaitAsync(TimeSpan.FromSeconds(60));
                Assert.NotEqual(0, life.Failures);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}: {e.Message}; failed{life.Failed}", e);
            }
        }
    }

    private sealed class WrongException(string message) : Exception(message);

    /// <summary>One store, opened anew after each cut.</summary>
    private sealed class Life(int seed, bool flushes)
    {
        private readonly Random _random = new(seed);
        private readonly Random _cuts = new(seed + 1);
        private readonly byte[] _disk = new byte[Size];
        private readonly ulong[] _written = new ulong[Sectors];     // before which mark each sector was sent last
        private readonly Dictionary<ulong, byte[]> _atMark = [];
        private FakeImageFiles _files = new();
        private ulong _mark, _consistentSent;
        private bool _live;
        private Task _committing = Task.CompletedTask;

        /// <summary>An operation fails instead of the power; or, with <see cref="Fills"/>, there is no room from then on.</summary>
        public bool Fails { get; init; }

        public bool Fills { get; init; }

        /// <summary>How often the store failed.</summary>
        public int Failures { get; private set; }

        /// <summary>Which operations failed, for the message.</summary>
        public string Failed { get; private set; } = "";

        public void Run()
        {
            _files.FlushLies = !flushes;
            StoreRig rig = Open(create: true);
            for (int cut = 0; cut < 6; cut++)
            {
                FakeImageFiles? left = null;
                int after = _random.Next(3, 400);
                object once = new();
                (ulong Committed, ulong Consistent) known = default;
                ulong told = rig.Store.Committed.N;
                _files.Hook = (operation, file) =>
                {
                    lock (once)
                    {
                        if (--after > 0 || left is not null) return;
                        known.Committed = told;
                        left = Fails ? _files : _files.AfterPowerCut(_cuts);
                        if (!Fails) return;
                        Failures++;
                        Failed += $", {operation} {Path.GetFileName(file)}";
                        if (!Fills) throw new IOException("errno 5");
                        _files.Capacity = 0;
                    }
                };
                using var stop = new CancellationTokenSource();
                Task refreshing = Task.Run(() => Refresh(rig, stop.Token));
                IConsistentView? view = null;
                byte[]? shown = null;
                try
                {
                    while (left is null || (Fails && after > -300))
                    {
                        Step(rig, n =>
                        {
                            lock (once) told = Math.Max(told, n);
                        });
                        if (view is null && _random.Next(12) == 0 && rig.Store.OpenConsistent(_random.Next(2) == 0, CancellationToken.None) is { } opened)
                        {
                            view = opened;
                            shown = StoreRig.Bytes(view);
                            Same(shown, _atMark[view.Mark.N], $"the view of mark {view.Mark.N} when it was opened");
                        }
                        else if (view is not null && _random.Next(12) == 0)
                        {
                            Same(StoreRig.Bytes(view), shown!, "the view after a while");
                            if (view.ImagePath is { } path) Same(_files.Image(path).ToArray(), shown!, "the image under a view");
                            view.Dispose();
                            view = null;
                        }
                    }
                    _committing.Wait();
                    if (view is not null) Same(StoreRig.Bytes(view), shown!, "the view at the cut");
                    Same(rig.Newest(), _disk, "the newest state");
                }
                catch (Exception e) when (Fails && (e is IOException || e is AggregateException { InnerException: IOException }))
                {
                    // A reader's own failure is not the store's.
                    Failures++;
                }
                finally
                {
                    _files.Hook = null;
                    stop.Cancel();
                    refreshing.Wait();
                    view?.Dispose();
                    ((IAsyncResult)_committing).AsyncWaitHandle.WaitOne();     // its failure is the store's
                    if (rig.Store.HasFailed) rig.Store.Abandon();
                    rig.Dispose();
                    _committing = Task.CompletedTask;
                }
                // What failed may have committed its mark all the same; what was told must be there.
                _files = left ?? _files;
                _files.Capacity = long.MaxValue;
                _files.FlushLies = !flushes;
                rig = Open(create: false);
                Check(rig, known.Committed);
                CheckTags(rig, rig.Newest());
                // As the client does: what is not known to be committed is sent again, by granule, in CatchUp.
                ulong committed = rig.Store.Committed.N;
                rig.Store.EnterLive(_live = false);
                for (int granule = 0; granule < Size / 4096; granule++)
                {
                    if (_written.AsSpan(granule * 8, 8).ContainsAnyExceptInRange(0UL, committed)) rig.Store.Write(granule * 4096, _disk.AsSpan(granule * 4096, 4096));
                }
                for (int i = 0; i < Sectors; i++) _written[i] = _written[i] > committed ? _mark + 1 : _written[i];
                Same(rig.Newest(), _disk, "the newest state after the client sent again");
            }
            rig.Dispose();
        }

        /// <summary>What no tag costs: how many were found known, so that a test knows that it has tested.</summary>
        public int Known { get; private set; }

        private StoreRig Open(bool create) => new(Size, _files, new StoreOptions(64 << 10, 64) { ChunkBytes = ChunkBytes }, create);

        private static void Hash(ReadOnlySpan<byte> data, Span<byte> tag) => SHA256.HashData(data)[..16].CopyTo(tag);

        /// <summary>The idle server: at the same time as everything else.</summary>
        private static void Refresh(StoreRig rig, CancellationToken stop)
        {
            byte[] buffer = new byte[ChunkBytes];
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    if (!rig.Store.Tags.Refresh((data, _, tag) => Hash(data, tag), buffer)) Thread.Yield();
                }
                catch (IOException)
                {
                    Thread.Yield();     // a reader's own failure is not the store's
                }
            }
        }

        /// <summary>As a scan does: what is known must be right, what is not is read and remembered.</summary>
        private void Scan(StoreRig rig, int chunk)
        {
            byte[] tag = new byte[16], should = new byte[16];
            Hash(_disk.AsSpan(chunk * ChunkBytes, ChunkBytes), should);
            if (rig.Store.Tags.TryGet(chunk, tag))
            {
                Known++;
                if (!tag.AsSpan().SequenceEqual(should)) throw new WrongException($"the tag of chunk {chunk} is that of something else");
                return;
            }
            TagTicket? ticket = rig.Store.Tags.Begin(chunk);
            byte[] data = new byte[ChunkBytes];
            rig.Store.Read(chunk * ChunkBytes, data);
            Hash(data, tag);
            rig.Store.Tags.End(ticket, tag);
        }

        private void CheckTags(StoreRig rig, byte[] content)
        {
            byte[] tag = new byte[16], should = new byte[16];
            for (int chunk = 0; chunk < Chunks; chunk++)
            {
                if (!rig.Store.Tags.TryGet(chunk, tag)) continue;
                Known++;
                Hash(content.AsSpan(chunk * ChunkBytes, ChunkBytes), should);
                if (!tag.AsSpan().SequenceEqual(should)) throw new WrongException($"the tag of chunk {chunk} is that of something else than the power cut has left");
            }
        }

        private void Step(StoreRig rig, Action<ulong> told)
        {
            int what = _random.Next(24);
            if (what >= 20)
            {
                Scan(rig, _random.Next(Chunks));
            }
            else if (what == 0)
            {
                rig.Store.EnterLive(_live = _random.Next(3) != 0);
            }
            else if (what <= 3)
            {
                bool consistent = _live && _random.Next(3) != 0;
                _atMark[++_mark] = (byte[])_disk.Clone();
                rig.Store.Mark(StoreRig.Mark(_mark, consistent));
                if (consistent) _consistentSent = _mark;
                // As in the server, on another thread; some marks are committed together with the next.
                _committing = _committing.ContinueWith(before =>
                {
                    before.GetAwaiter().GetResult();
                    told(rig.Store.Commit().N);
                }, TaskScheduler.Default);
                if (_random.Next(3) != 0) _committing.Wait();
            }
            else
            {
                int offset = _random.Next(Sectors), length = Math.Min(Sectors - offset, _random.Next(4) == 0 ? _random.Next(1, 120) : _random.Next(1, 12));
                _written.AsSpan(offset, length).Fill(_mark + 1);
                if (_random.Next(6) == 0)
                {
                    _disk.AsSpan(offset * 512, length * 512).Clear();
                    rig.Store.Zero(offset * 512, length * 512);
                    return;
                }
                Span<byte> data = _disk.AsSpan(offset * 512, length * 512);
                _random.NextBytes(data);
                if (_random.Next(5) == 0) data[..(data.Length / 2)].Clear();
                rig.Store.Write(offset * 512, data);
            }
        }

        private void Check(StoreRig rig, ulong told)
        {
            ulong committed = rig.Store.Committed.N;
            if (committed < told) throw new WrongException($"mark {told} was committed, and {committed} is there");
            byte[] newest = rig.Newest();
            if (committed != 0)
            {
                // Later writes may be there, whole or in pieces; every granule that has not been sent since is that of the mark.
                byte[] then = _atMark[committed];
                for (int granule = 0; granule < Size / 4096; granule++)
                {
                    if (_written.AsSpan(granule * 8, 8).ContainsAnyExceptInRange(0UL, committed)) continue;
                    if (!newest.AsSpan(granule * 4096, 4096).SequenceEqual(then.AsSpan(granule * 4096, 4096))) throw new WrongException($"granule {granule} is not that of the committed mark {committed}");
                }
            }
            if (rig.Consistent(settled: _random.Next(2) == 0) is { } consistent)
            {
                if (consistent.N > _consistentSent) throw new WrongException($"consistent mark {consistent.N} never was");
                Same(consistent.Bytes, _atMark[consistent.N], $"the consistent mark {consistent.N} (committed {committed})");
            }
        }

        private static void Same(byte[] is_, byte[] should, string what)
        {
            int at = is_.AsSpan().CommonPrefixLength(should);
            if (at < should.Length) throw new WrongException($"{what} differs first at byte {at}");
        }
    }
}
