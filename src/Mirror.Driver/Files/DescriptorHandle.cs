using Microsoft.Win32.SafeHandles;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Files;

/// <summary>A file descriptor.</summary>
internal sealed class DescriptorHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public DescriptorHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    public int Value => (int)handle;

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
