using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Mirror.Driver.Interop;

/// <summary>Turns errno into exceptions that name what was tried.</summary>
internal static class NativeError
{
    /// <summary>An exception for the errno that the last call left.</summary>
    public static IOException Last(string what) => From(Marshal.GetLastPInvokeError(), what);

    /// <summary>An exception for one errno.</summary>
    public static IOException From(int errno, string what) => new($"{what}: {new Win32Exception(errno).Message} (errno {errno}).", errno);

    /// <summary>Passes a result that is not negative, throws for others.</summary>
    public static int Check(int result, string what) => result < 0 ? throw Last(what) : result;
}
