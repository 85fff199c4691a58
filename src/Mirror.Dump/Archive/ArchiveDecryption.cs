using Mirror.Dump.Archive.Reading;
using Mirror.Dump.Archive.Writing;
using Mirror.Dump.Encryption;

namespace Mirror.Dump.Archive;

/// <summary>
/// Makes the plain archive of an encrypted one: its blocks, opened and verified, one after another (docs/archive-encryption.md). Stock <c>restore</c> reads it.
/// A block that does not verify is left out and named: readers find the next header after it.
/// </summary>
public static class ArchiveDecryption
{
    private const int MaxProblems = 10_000;

    /// <summary>Decrypts an archive, volume by volume.</summary>
    /// <param name="volumes">Where it is.</param>
    /// <param name="opener">What opens it.</param>
    /// <param name="output">Where the plain one goes.</param>
    /// <param name="progress">Told bytes written.</param>
    /// <param name="cancellation">Stops it; the output is then not completed.</param>
    /// <exception cref="DamagedException">It is no encrypted archive, or both copies of a header are damaged.</exception>
    /// <exception cref="Encryption.Age.AgeFormatException">Nothing at hand opens it.</exception>
    public static UnprotectResult Decrypt(IVolumeSource volumes, ArchiveOpener opener, IVolumeSet output, Action<long>? progress, CancellationToken cancellation)
    {
        List<string> problems = [];
        long written = 0;
        int volume = 0;
        bool more = true;
        Guid? archive = null;
        while (more)
        {
            volume++;
            using Stream? input = volumes.Open(volume);
            if (input is null)
            {
                if (volume == 1) throw new FileNotFoundException($"{volumes.Name} does not exist.");
                volume--;
                Note(problems, $"{volumes.NameOf(volume + 1)} is missing: the archive goes on there.");
                break;
            }
            using SealedVolumeReader reader = opener.Open(input, volumes.NameOf(volume));
            if (archive is { } id && id != reader.Header.ArchiveId) throw new DamagedException($"{volumes.NameOf(volume)} is a volume of another archive than {volumes.Name}.");
            if (reader.Header.Volume != volume) throw new DamagedException($"{volumes.NameOf(volume)} is volume {reader.Header.Volume}, where volume {volume} should be. Name the volumes in their order.");
            archive = reader.Header.ArchiveId;
            foreach (string note in reader.Notes) Note(problems, note);
            Stream to = output.Open(volume);
            more = Copy(reader, to, problems, ref written, progress, cancellation);
        }
        output.Complete();
        return new UnprotectResult { Source = volumes.Name, Archive = (output as FileVolumeSet)?.Names[0], Volumes = volume, WrittenBytes = written, Problems = problems };
    }

    /// <summary>Copies one volume.</summary>
    /// <returns>Whether another one follows.</returns>
    private static bool Copy(SealedVolumeReader reader, Stream to, List<string> problems, ref long written, Action<long>? progress, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            SealedRead read = reader.Read();
            switch (read.Kind)
            {
                case SealedReadKind.Block:
                    to.Write(read.Data.Span);
                    written += read.Data.Length;
                    progress?.Invoke(written);
                    break;
                case SealedReadKind.Damage:
                    Note(problems, read.What);
                    break;
                default:
                    return read.Kind == SealedReadKind.EndOfVolume;
            }
        }
    }

    private static void Note(List<string> problems, string what)
    {
        if (problems.Count < MaxProblems) problems.Add(what);
    }
}
