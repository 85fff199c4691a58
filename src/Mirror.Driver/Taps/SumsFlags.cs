namespace Mirror.Driver.Taps;

/// <summary>What is known about the sums; kept in the control block for the next process.</summary>
[Flags]
internal enum SumsFlags : ulong
{
    None = 0,

    /// <summary>There is a base to compare with.</summary>
    Based = 1,

    /// <summary>The base was taken with nothing in flight.</summary>
    ExactBase = 2,

    /// <summary>A hole was reported while the disk was busy: whether the issue bitmap covers it is still to be seen.</summary>
    HolePending = 4,
}
