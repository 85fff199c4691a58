namespace Mirror.Driver.Taps;

/// <summary>Which tap the administrator asks for (<c>--tap</c>).</summary>
public enum TapChoice
{
    /// <summary>The best that the disk and the kernel allow.</summary>
    Auto,

    /// <summary>The programs in the kernel, or an error.</summary>
    Ebpf,

    /// <summary>None: compare again at intervals.</summary>
    RescanOnly,
}
