using System.Runtime.InteropServices;

namespace Mirror.Driver.Disks;

/// <summary>Error numbers of Linux that disks give, and their names.</summary>
internal static class Errno
{
    internal const int EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, ENXIO = 6, EACCES = 13, EINVAL = 22;

    private static readonly Dictionary<int, string> Names = new()
    {
        [EPERM] = "EPERM",
        [ENOENT] = "ENOENT",
        [EIO] = "EIO",
        [ENXIO] = "ENXIO",
        [11] = "EAGAIN",
        [12] = "ENOMEM",
        [EACCES] = "EACCES",
        [16] = "EBUSY",
        [19] = "ENODEV",
        [EINVAL] = "EINVAL",
        [28] = "ENOSPC",
        [52] = "EBADE",
        [61] = "ENODATA",
        [62] = "ETIME",
        [67] = "ENOLINK",
        [84] = "EILSEQ",
        [95] = "EOPNOTSUPP",
        [110] = "ETIMEDOUT",
        [117] = "EUCLEAN",
        [121] = "EREMOTEIO",
        [123] = "ENOMEDIUM",
        [124] = "EMEDIUMTYPE",
    };

    /// <summary>Text with name, for messages: <c>EIO (Input/output error)</c>.</summary>
    internal static string Describe(int errno) =>
        $"{(Names.TryGetValue(errno, out string? name) ? name : "errno " + errno)} ({Marshal.GetPInvokeErrorMessage(errno)})";
}
