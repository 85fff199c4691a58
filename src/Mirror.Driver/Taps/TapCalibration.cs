namespace Mirror.Driver.Taps;

/// <summary>The two addresses by which a program finds the bytes of a page (DESIGN: direct map base, vmemmap base).</summary>
/// <param name="VmemmapBase">Address of the struct page of frame 0.</param>
/// <param name="DirectMapBase">Address of the memory of frame 0.</param>
/// <param name="Reason">Why they are not known, or null.</param>
internal sealed record TapCalibration(ulong VmemmapBase, ulong DirectMapBase, string? Reason)
{
    public bool Known => Reason is null;
}
