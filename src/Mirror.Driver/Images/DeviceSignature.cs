using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Mirror.Driver.Images;

/// <summary>
/// Says what a block device holds, so that nothing is overwritten unasked: by <c>blkid -p</c>, which knows nearly every file system, RAID and
/// partition table; where that is missing, anything but zeroes in the first and last MiB counts.
/// </summary>
internal static class DeviceSignature
{
    private const int Ends = 1 << 20;

    /// <summary>What is on the device, in words; null when nothing is.</summary>
    public static string? Find(SafeFileHandle device, string path, long sizeBytes)
    {
        string? found = Blkid(path, out bool ran);
        return ran ? found : AtEnds(device, path, sizeBytes);
    }

    private static string? Blkid(string path, out bool ran)
    {
        ran = false;
        try
        {
            var start = new ProcessStartInfo("blkid") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
            foreach (string a in (string[])["-p", "-o", "export", "--", path]) start.ArgumentList.Add(a);

            using Process process = StartFrom(start);
            process.StandardInput.Close();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            _ = errors.Result;
            // 0: something; 2: nothing; 8: several that contradict each other.
            ran = process.ExitCode is 0 or 2 or 8;
            if (process.ExitCode == 2) return null;
            if (process.ExitCode == 8) return "several signatures at once";
            string? Value(string key) => output.Split('\n').FirstOrDefault(l => l.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..];
            string? what = Value("TYPE") ?? (Value("PTTYPE") is { } table ? $"a partition table ({table})" : null);
            if (what is null) return ran ? "something that blkid knows" : null;
            string? label = Value("LABEL");
            return label is null ? what : $"{what}, label {label}";
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static Process StartFrom(ProcessStartInfo start)
    {
        foreach (string directory in (string[])["/usr/sbin", "/sbin", "/usr/bin"])
        {
            string full = System.IO.Path.Combine(directory, "blkid");
            if (!File.Exists(full)) continue;
            start.FileName = full;
            break;
        }
        return Process.Start(start) ?? throw new Win32Exception();
    }

    private static string? AtEnds(SafeFileHandle device, string path, long sizeBytes)
    {
        byte[] buffer = new byte[(int)Math.Min(Ends, sizeBytes)];
        foreach (long at in (long[])[0, sizeBytes - buffer.Length])
        {
            ImageNative.Read(device, path, at, buffer);
            if (buffer.AsSpan().ContainsAnyExcept((byte)0)) return "data (blkid is not installed, so it is not known which)";
        }
        return null;
    }
}
