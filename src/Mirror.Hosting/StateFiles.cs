using System.Text;

namespace Mirror.Hosting;

/// <summary>What a client keeps on its host: a random id, by which the server knows it again (docs/protocol.md, IDENTIFY).</summary>
internal static class StateFiles
{
    private const int MaxBytes = 64;

    /// <summary>The directory for root and services, or that of this user.</summary>
    public static string DefaultDirectory => Environment.IsPrivilegedProcess
        ? "/var/lib/diskmirror"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "diskmirror");

    /// <summary>Reads the client's id, or makes it at the first start.</summary>
    /// <exception cref="IOException">It cannot be read or kept; the message names the file.</exception>
    public static Guid ClientId(string directory)
    {
        string path = Path.Combine(directory, "client-id");
        if (TryRead(path) is { } known) return known;
        Directory.CreateDirectory(directory);
        string fresh = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (FileStream file = new(fresh, FileMode.CreateNew))
            {
                file.Write(Encoding.ASCII.GetBytes($"{Guid.NewGuid():D}\n"));
                file.Flush(flushToDisk: true);
            }
            File.Move(fresh, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another client of this host was first.
            File.Delete(fresh);
        }
        return TryRead(path) ?? throw new IOException($"{path} was there and is gone; is somebody cleaning up {directory}?");
    }

    private static Guid? TryRead(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read);
            byte[] bytes = new byte[MaxBytes];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return Guid.TryParse(Encoding.ASCII.GetString(bytes, 0, length).Trim(), out Guid id) && id != Guid.Empty
                ? id
                : throw new IOException($"{path} does not hold this client's id. Put it back from a backup; or remove it, and 'diskmirror adopt' each of this host's volumes.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
