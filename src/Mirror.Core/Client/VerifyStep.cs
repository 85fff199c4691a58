namespace Mirror.Core.Client;

/// <summary>The steps of a verify.</summary>
public enum VerifyStep : byte
{
    /// <summary>The whole volume is compared once.</summary>
    Comparing,

    /// <summary>A consistent mark is awaited, after which what is in doubt is looked at again.</summary>
    Settling,

    /// <summary>What is in doubt is looked at again.</summary>
    Rechecking,

    /// <summary>What differs is being sent again.</summary>
    Repairing,

    /// <summary>Over.</summary>
    Ended,
}
