using Mirror.Dump.Encryption;
using Mirror.Dump.Encryption.Age;

namespace Mirror.Dump.Tests.Encryption;

/// <summary>Makes and reads small encrypted archives in memory.</summary>
internal sealed class SealedArchive : IDisposable
{
    public AgeIdentity Identity { get; } = AgeIdentity.New();

    public List<byte[]> Blocks { get; } = [];

    /// <summary>Where each block begins; the last one is the end block.</summary>
    public List<long> Offsets { get; } = [];

    public byte[] Bytes { get; private set; } = [];

    public static SealedArchive Make(int blocks, int blockBytes = 1000, int seed = 1)
    {
        var made = new SealedArchive();
        var random = new Random(seed);
        for (int i = 0; i < blocks; i++)
        {
            byte[] block = new byte[i % 3 == 1 ? random.Next(blockBytes + 1) : blockBytes];
            random.NextBytes(block);
            made.Blocks.Add(block);
        }
        made.Seal(blockBytes);
        return made;
    }

    public IReadOnlyList<SealedRead> Read(byte[]? bytes = null, bool pipe = false)
    {
        using var opener = new ArchiveOpener([Identity]);
        using SealedVolumeReader reader = opener.Open(pipe ? new PipeStream(bytes ?? Bytes) : new MemoryStream(bytes ?? Bytes), "test.dump");
        return ReadAll(reader);
    }

    public static IReadOnlyList<SealedRead> ReadAll(SealedVolumeReader reader)
    {
        var found = new List<SealedRead>();
        while (true)
        {
            SealedRead read = reader.Read();
            found.Add(read with { Data = read.Data.ToArray() });
            if (read.Kind is SealedReadKind.End or SealedReadKind.EndOfVolume) return found;
            Assert.True(found.Count < 100_000, "reading does not end");
        }
    }

    /// <summary>Asserts that what was read is right, in ascending order, and gives the numbers that are missing.</summary>
    public HashSet<long> Missing(IReadOnlyList<SealedRead> found)
    {
        long last = -1;
        var missing = new HashSet<long>(Enumerable.Range(0, Blocks.Count).Select(i => (long)i));
        foreach (SealedRead read in found.Where(r => r.Kind == SealedReadKind.Block))
        {
            Assert.True(read.Number > last);
            last = read.Number;
            Assert.Equal(Blocks[(int)read.Number], read.Data.ToArray());
            missing.Remove(read.Number);
        }
        // What is missing has been told.
        foreach (long number in missing)
            Assert.Contains(found, r => r.Kind == SealedReadKind.Damage && r.Number <= number && (r.Count < 0 || number < r.Number + r.Count));
        return missing;
    }

    public void Dispose() => Identity.Dispose();

    private void Seal(int blockBytes)
    {
        using var seal = ArchiveSeal.New(new ArchiveSealOptions { Recipients = [Identity.Recipient], BlockBytes = blockBytes });
        var output = new MemoryStream();
        SealedVolumeWriter writer = seal.BeginVolume(output);
        foreach (byte[] block in Blocks) Offsets.Add(writer.Add(block));
        Offsets.Add(writer.Length);
        writer.Complete(lastVolume: true);
        Assert.Equal(writer.Length, output.Length);
        Bytes = output.ToArray();
    }
}
