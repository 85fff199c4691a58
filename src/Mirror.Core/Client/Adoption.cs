namespace Mirror.Core.Client;

/// <summary>What the administrator has granted to a disk that the server does not know.</summary>
public enum Adoption
{
    /// <summary>Nothing: another disk is refused.</summary>
    None,

    /// <summary>The disk may stand behind the volume.</summary>
    Adopt,

    /// <summary>The disk may also overwrite more than a fifth of the image.</summary>
    Replace,
}
