namespace Mirror.Core.Server;

/// <summary>How a client's disk stands to the volume's record.</summary>
internal enum IdentityVerdict
{
    /// <summary>It is the volume's disk.</summary>
    Same,

    /// <summary>It is the volume's disk, and has grown.</summary>
    Grown,

    /// <summary>It is another disk, and may take its place.</summary>
    Adopted,
}
