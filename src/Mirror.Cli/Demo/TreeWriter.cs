namespace Mirror.Cli.Demo;

/// <summary>Copies, renames and deletes trees of real files: the machine's documentation.</summary>
internal sealed class TreeWriter(string directory) : IDemoWriter
{
    private const string Source = "/usr/share/doc";
    private const int MaxFiles = 5000;
    private const long MaxBytes = 96 << 20;

    private long copied;
    private long renamed;
    private long deleted;

    public string Done => $"{Volatile.Read(ref copied)} files copied, {Volatile.Read(ref renamed)} renamed, {Volatile.Read(ref deleted)} deleted";

    public bool Begun => Volatile.Read(ref deleted) > 0;

    public Task RunAsync(CancellationToken stop) => Task.Run(() => Run(stop), CancellationToken.None);

    private void Run(CancellationToken stop)
    {
        List<string> files = Choose();
        if (files.Count == 0) throw new IOException($"There are no files in {Source} to copy.");
        for (int round = 0; !stop.IsCancellationRequested; round++)
        {
            string tree = Path.Combine(directory, $"copying-{round}"), done = Path.Combine(directory, $"doc-{round}"), old = Path.Combine(directory, $"doc-{round - 2}");
            for (int i = 0; i < files.Count && !stop.IsCancellationRequested; i++)
            {
                string to = Path.Combine(tree, Path.GetRelativePath(Source, files[i]));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(files[i], to, overwrite: true);
                copied++;
                if (i % 7 == 3)
                {
                    File.Move(to, to + ".renamed", overwrite: true);
                    renamed++;
                }
                if (i % 11 == 5)
                {
                    File.Delete(i % 7 == 3 ? to + ".renamed" : to);
                    deleted++;
                }
            }
            if (stop.IsCancellationRequested) return;
            Directory.Move(tree, done);
            renamed++;
            if (!Directory.Exists(old)) continue;
            deleted += Directory.EnumerateFiles(old, "*", SearchOption.AllDirectories).Count();
            Directory.Delete(old, recursive: true);
        }
    }

    /// <summary>As much of the documentation as fits three times into the disk with room to spare.</summary>
    private static List<string> Choose()
    {
        List<string> files = [];
        long bytes = 0;
        if (!Directory.Exists(Source)) return files;
        EnumerationOptions whole = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device, IgnoreInaccessible = true };
        foreach (string file in Directory.EnumerateFiles(Source, "*", whole))
        {
            bytes += new FileInfo(file).Length;
            if (bytes > MaxBytes || files.Count == MaxFiles) break;
            files.Add(file);
        }
        return files;
    }
}
