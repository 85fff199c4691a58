using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mirror.Core.Boot;
using Mirror.Driver.Drives;

namespace Mirror.Hosting;

/// <summary>A client's record of its last clean stop: a file beside its id, one line of JSON after the SHA-256 of it.</summary>
internal sealed class BootMemory(string directory, string volume, string disk) : IBootMemory
{
    private const int MaxBytes = 4096;

    private string PathOf => Path.Combine(directory, $"clean-stop-{volume}");

    public DriveTestimony? AskDrive() => DriveWitness.Ask(disk);

    public CleanStop? Take()
    {
        if (!File.Exists(PathOf)) return null;
        byte[] bytes = new byte[MaxBytes];
        int length;
        using (FileStream file = new(PathOf, FileMode.Open, FileAccess.ReadWrite))
        {
            length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            // Emptied before it is removed: the removal of a name is not on the disk yet when it returns.
            file.SetLength(0);
            file.Flush(flushToDisk: true);
        }
        File.Delete(PathOf);
        return Parse(bytes.AsSpan(0, length));
    }

    public void Leave(CleanStop stop)
    {
        string json = JsonSerializer.Serialize(stop, BootMemoryJson.Default.CleanStop);
        Directory.CreateDirectory(directory);
        string fresh = $"{PathOf}.new";
        using (FileStream file = new(fresh, FileMode.Create))
        {
            file.Write(Encoding.UTF8.GetBytes($"{Digest(json)} {json}\n"));
            file.Flush(flushToDisk: true);
        }
        File.Move(fresh, PathOf, overwrite: true);
    }

    /// <summary>Reads a record; null for anything that was not written whole by <see cref="Leave"/>.</summary>
    internal static CleanStop? Parse(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes).TrimEnd('\n');
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || text[..space] != Digest(text[(space + 1)..])) return null;
        try
        {
            return JsonSerializer.Deserialize(text[(space + 1)..], BootMemoryJson.Default.CleanStop);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Digest(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
}
