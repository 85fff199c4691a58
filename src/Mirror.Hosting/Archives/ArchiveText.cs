using Mirror.Dump.Archive;

namespace Mirror.Hosting.Archives;

/// <summary>Results of archives in words, for both faces.</summary>
public static class ArchiveText
{
    /// <summary>How far something is.</summary>
    /// <param name="bytes">Bytes done.</param>
    /// <param name="about">All of them, about; 0 when not known.</param>
    /// <param name="done">What is done: <c>dumped</c>.</param>
    /// <param name="elapsed">Since it began.</param>
    public static string Progress(long bytes, long about, string done, TimeSpan elapsed)
    {
        string of = about > 0 ? FormattableString.Invariant($" of about {about >> 20} MiB") : "";
        return FormattableString.Invariant($"{bytes >> 20} MiB{of} {done}, {bytes / 1048576.0 / Math.Max(elapsed.TotalSeconds, 0.001):F0} MiB/s");
    }

    /// <summary>What was written.</summary>
    public static string Line(DumpResult result) =>
        FormattableString.Invariant($"Level {result.Level}: {result.Directories} directories, {result.Files} other inodes, {result.WrittenBytes} bytes in {result.Volumes} volume(s).")
        + (result.Problems.Count > 0 ? " Not all could be read." : "");

    /// <summary>What was read.</summary>
    public static string Line(UndumpResult result) =>
        FormattableString.Invariant($"Level {result.Level} of {DateTimeOffset.FromUnixTimeSeconds(result.Date):u}: {result.Directories} directories, {result.Files} other inodes, {result.Bytes} bytes of content.");
}
