namespace Mirror.Dump.Archive.Writing;

/// <summary>The steps of a tape unit, in order.</summary>
internal enum TapeStep
{
    /// <summary>Its content is to be read.</summary>
    Fill,

    /// <summary>It waits for those before it, so that its headers can be completed.</summary>
    Check,

    /// <summary>It is to be compressed and sealed.</summary>
    Pack,

    /// <summary>It waits for those before it, to be written.</summary>
    Write,
}
