using System.Diagnostics;
using Mirror.Core.Security;
using Mirror.Core.Taps;
using Mirror.Core.Wire;
using Xunit.Abstractions;

namespace Mirror.Core.Tests.Wire;

/// <summary>
/// A million and more mutated and random frames, before and after authentication, in both directions: each is accepted or refused by a named error,
/// what is accepted keeps the document's bounds, nothing leaks, and memory stays in proportion. The seed is in the output.
/// </summary>
public sealed class FrameFuzzTests(ITestOutputHelper output)
{
    private const int StreamFrames = 500_000;       // each direction
    private const int ProofFrames = 60_000;         // each of the four messages
    private const long VolumeSectors = 1 << 21;

    private static readonly byte[] Payload = new byte[2048];

    private static readonly byte[][] FromClient =
    [
        FrameBytes.Of(new IdentifyMessage(IdentifyFlags.Adopt, VolumeSectors, 512, 4096, Guid.NewGuid(), Guid.NewGuid(), "wwn-0x5000c500a1b2c3d4", "host")),
        FrameBytes.Of(new StateMessage(StreamState.Live)),
        [.. FrameBytes.Of(new WriteMessage(100, 512)), .. Payload[..512]],
        [.. FrameBytes.Of(new WriteMessage(VolumeSectors - 4, 2048)), .. Payload],
        FrameBytes.Of(new ZeroMessage(5, VolumeSectors - 5)),
        FrameBytes.Of(new MarkMessage(7, 8, MarkFlags.Consistent, VolumeSectors, 1_700_000_000_000)),
        FrameBytes.Of(new ScanBeginMessage(ScanBeginFlags.Continue)),
        FrameBytes.Of(new HashRequestMessage(2048, 64, 1 << 20)),
        FrameBytes.Of(new HashRequestMessage(8, 256, 4096)),
        FrameBytes.Of(new ScanComparedMessage(3, 2, 1)),
        FrameBytes.Of(new AliveMessage(StreamState.CatchUp, TapRate.Off, 1, 2, 3)),
        FrameBytes.Of(default(ByeMessage)),
        FrameBytes.Of(new RestoreBeginMessage(RestoreBeginFlags.None, "daily-1")),
        FrameBytes.Of(new FetchMessage(2048, 1 << 20)),
    ];

    private static readonly byte[][] FromServer =
    [
        FrameBytes.Of(new WelcomeMessage(WelcomeFlags.HasBeenConsistent, Guid.NewGuid(), Bytes32.Random(), 1, 2, Guid.NewGuid())),
        FrameBytes.Of(new RefusedMessage(RefusalCode.Busy, 30, "come back later")),
        FrameBytes.Of(new StateOkMessage(StreamState.CatchUp)),
        FrameBytes.Of(new CommittedMessage(1, 2)),
        FrameBytes.Of(new ScanBegunMessage(Guid.NewGuid(), ScanBegunFlags.Guarded)),
        [.. FrameBytes.Of(new HashesMessage(8, 20, 4096, HashesFlags.None)), .. Payload[..320]],
        FrameBytes.Of(new HashesMessage(0, 65536, 4096, HashesFlags.AllZero)),
        FrameBytes.Of(default(ScanProceedMessage)),
        FrameBytes.Of(default(AliveMessage)),
        FrameBytes.Of(new RestoreViewMessage(RestoreViewFlags.Consistent, VolumeSectors, 512, Guid.NewGuid(), Bytes32.Random(), 1, 1_700_000_000_000, 3, "wwn-0x5000c500a1b2c3d4")),
        [.. FrameBytes.Of(new DataMessage(100, 2048)), .. Payload],
    ];

    [Theory]
    [InlineData(FrameSender.Client)]
    [InlineData(FrameSender.Server)]
    public async Task Hostile_frames_after_proof_are_refused_or_within_bounds(FrameSender sender)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var mutator = new FrameMutator(seed);
        byte[][] corpus = sender == FrameSender.Client ? FromClient : FromServer;
        var pool = new PayloadPool(2);
        var validator = new FrameValidator(sender) { VolumeSectors = VolumeSectors };
        int fed = 0, accepted = 0, refused = 0, cut = 0;
        // By this thread, which does it all: other tests run beside this one.
        int thread = Environment.CurrentManagedThreadId;
        long start = Stopwatch.GetTimestamp(), allocatedBefore = GC.GetAllocatedBytesForCurrentThread(), fedBytes = 0;
        var frames = new List<byte[]>();
        while (fed < StreamFrames)
        {
            frames.Clear();
            int good = mutator.Random.Next(4);
            for (int i = 0; i < good; i++) frames.Add(mutator.Pick(corpus));
            frames.Add(mutator.Random.Next(8) == 0 ? mutator.Noise(corpus) : mutator.Mutate(mutator.Pick(corpus)));
            frames.Add(mutator.Mutate(mutator.Pick(corpus)));
            byte[] stream = frames.SelectMany(f => f).ToArray();
            fed += frames.Count;
            fedBytes += stream.Length;
            using var reader = new FrameReader(new ScriptedStream(stream, mutator.Random.Next(1, 4000)), validator, pool, WireLimits.MaxHeadBytes);
            try
            {
                while (await reader.ReadAsync(default) is var type and not MessageType.None)
                {
                    accepted++;
                    AssertWithinBounds(reader, type);
                }
            }
            catch (ProtocolException e)
            {
                Assert.NotEmpty(e.Message);
                refused++;
            }
            catch (EndOfStreamException)
            {
                cut++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, stream {Convert.ToHexString(stream)}: {e}");
            }
            reader.Dispose();
            Assert.True(pool.Available == pool.Buffers, $"seed {seed}: a payload buffer was lost.");
        }
        Assert.Equal(thread, Environment.CurrentManagedThreadId);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        output.WriteLine($"{fed} frames from the {sender}, {fedBytes} bytes: {accepted} accepted, {refused} streams refused, {cut} cut, {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s, {allocated / fed} bytes allocated by frame");
        Assert.True(accepted > fed / 4 && refused > 10_000 && cut > 1000, "The frames were too good or too bad to say anything.");
        // The making of the frames is in this too; a length that was believed before it was checked would show as gigabytes.
        Assert.True(allocated < 20_000L * fed, $"seed {seed}: {allocated} bytes allocated.");
    }

    [Fact]
    public void Hostile_messages_of_the_proof_are_refused_or_whole()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var mutator = new FrameMutator(seed);
        var validator = new FrameValidator(FrameSender.Client);
        Feed(new HelloMessage(1, 1, 0, MirrorRight.Mirror, "volume-1", Bytes32.Random()));
        Feed(new ChallengeMessage(1, 0, Bytes32.Random()));
        Feed(new ProofMessage(Bytes32.Random()));
        Feed(new ProvedMessage(Bytes32.Random()));

        void Feed<T>(T message) where T : struct, IMessage<T>
        {
            byte[] good = FrameBytes.Of(message);
            int accepted = 0;
            for (int i = 0; i < ProofFrames; i++)
            {
                byte[] bytes = mutator.Random.Next(8) == 0 ? mutator.Noise([good]) : mutator.Mutate(good);
                try
                {
                    T decoded = T.Decode(bytes, validator);
                    Assert.Equal(bytes, FrameBytes.Of(decoded));    // nothing in it was overlooked
                    accepted++;
                }
                catch (ProtocolException)
                {
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    Assert.Fail($"seed {seed}, {Convert.ToHexString(bytes)}: {e}");
                }
            }
            output.WriteLine($"{T.Type.WireName()}: {accepted} of {ProofFrames} accepted");
        }
    }

    /// <summary>Reckons each range anew, in numbers that cannot overflow, and writes each message again.</summary>
    private static void AssertWithinBounds(FrameReader reader, MessageType type)
    {
        switch (type)
        {
            case MessageType.Write:
                WriteMessage write = reader.Message<WriteMessage>();
                Assert.True(write.FirstSector >= 0 && write.Bytes is >= 512 and <= 1 << 20 && write.Bytes % 512 == 0 && (Int128)write.FirstSector * 512 + write.Bytes <= (Int128)VolumeSectors * 512, $"{write}");
                Assert.True(reader.Payload!.Length == write.Bytes);
                break;
            case MessageType.Fetch:
                FetchMessage fetch = reader.Message<FetchMessage>();
                Assert.True(fetch.FirstSector >= 0 && fetch.Bytes is >= 512 and <= 1 << 20 && fetch.Bytes % 512 == 0 && (Int128)fetch.FirstSector * 512 + fetch.Bytes <= (Int128)VolumeSectors * 512, $"{fetch}");
                break;
            case MessageType.Data:
                DataMessage data = reader.Message<DataMessage>();
                Assert.True(data.FirstSector >= 0 && data.Bytes is >= 512 and <= 1 << 20 && data.Bytes % 512 == 0 && (Int128)data.FirstSector * 512 + data.Bytes <= (Int128)VolumeSectors * 512, $"{data}");
                Assert.True(reader.Payload!.Length == data.Bytes);
                break;
            case MessageType.RestoreBegin:
                RestoreBeginMessage begin = reader.Message<RestoreBeginMessage>();
                Assert.True(begin.Snapshot.Length == 0 || VolumeName.IsValid(begin.Snapshot), $"{begin}");
                break;
            case MessageType.RestoreView:
                RestoreViewMessage view = reader.Message<RestoreViewMessage>();
                Assert.True(view.SizeSectors is > 0 and <= 1L << 44 && view.StoredBytes is >= 0 and <= 1L << 53 && !view.Identity.Any(char.IsControl), $"{view}");
                _ = DateTimeOffset.FromUnixTimeMilliseconds(view.TimeMilliseconds);
                break;
            case MessageType.Zero:
                ZeroMessage zero = reader.Message<ZeroMessage>();
                Assert.True(zero.FirstSector >= 0 && zero.Sectors > 0 && (Int128)zero.FirstSector + zero.Sectors <= VolumeSectors, $"{zero}");
                break;
            case MessageType.HashRequest:
                HashRequestMessage request = reader.Message<HashRequestMessage>();
                Assert.True(Units(request.FirstSector, request.Count, request.UnitBytes), $"{request}");
                break;
            case MessageType.Hashes:
                HashesMessage hashes = reader.Message<HashesMessage>();
                Assert.True(Units(hashes.FirstSector, hashes.Count, hashes.UnitBytes), $"{hashes}");
                Assert.True((reader.Payload?.Length ?? 0) == hashes.TagBytes);
                break;
            case MessageType.Mark:
                MarkMessage mark = reader.Message<MarkMessage>();
                Assert.True(mark.ScanPosition is >= 0 and <= VolumeSectors);
                _ = DateTimeOffset.FromUnixTimeMilliseconds(mark.TimeMilliseconds);
                break;
            case MessageType.Identify:
                IdentifyMessage identify = reader.Message<IdentifyMessage>();
                Assert.True(identify.SizeSectors is > 0 and <= 1L << 44 && identify.Identity.Length is > 0 and <= 256 && !identify.Identity.Any(char.IsControl), $"{identify}");
                break;
            case MessageType.Refused:
                Assert.DoesNotContain(reader.Message<RefusedMessage>().Text, char.IsControl);
                break;
        }

        static bool Units(long first, int count, int unitBytes) =>
            first >= 0 && count is > 0 and <= 65536 && unitBytes is 4096 or (1 << 20) && first % (unitBytes / 512) == 0
            && (Int128)first * 512 + (Int128)(count - 1) * unitBytes < (Int128)VolumeSectors * Mirror.Core.Blocks.Units.SectorBytes;
    }
}
