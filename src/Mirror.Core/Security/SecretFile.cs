using System.Text;

namespace Mirror.Core.Security;

/// <summary>Secrets in files: one line, mode 0600.</summary>
public static class SecretFile
{
    private const int MaxBytes = 1024;

    private const UnixFileMode OthersMayRead =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Reads a secret. A file that group or others can read or write is refused.</summary>
    /// <exception cref="SecretException">Names the file and what is wrong with it or its content.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static Secret Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (!OperatingSystem.IsWindows())
        {
            // Of the opened file, not of the path: nothing can be exchanged in between.
            UnixFileMode mode = File.GetUnixFileMode(file.SafeFileHandle);
            if ((mode & OthersMayRead) != 0)
                throw new SecretException($"{path}: group or others can read or change the secret (mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')}). Make a new one if it may be known, then: chmod 600 {path}");
        }
        byte[] bytes = new byte[MaxBytes + 1];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > MaxBytes) throw new SecretException($"{path}: larger than {MaxBytes} bytes; a secret is one line.");
        try
        {
            return Secret.Parse(Encoding.UTF8.GetString(bytes, 0, length));
        }
        catch (SecretException e)
        {
            throw new SecretException($"{path}: {e.Message}");
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Writes a secret to a file of mode 0600, durably.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    /// <param name="secret">What to write.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced (whole or not at all).</param>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public static void Write(string path, Secret secret, bool overwrite = false)
    {
        string target = overwrite ? $"{path}.{Guid.NewGuid():n}" : path;
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(target, options))
            {
                file.Write(Encoding.ASCII.GetBytes(secret.ToText() + "\n"));
                file.Flush(flushToDisk: true);
            }
            if (overwrite) File.Move(target, path, overwrite: true);
        }
        catch when (overwrite)
        {
            File.Delete(target);
            throw;
        }
    }
}
