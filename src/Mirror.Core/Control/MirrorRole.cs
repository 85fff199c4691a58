namespace Mirror.Core.Control;

/// <summary>Which end of a volume a status speaks for.</summary>
public enum MirrorRole : byte
{
    /// <summary>The end that has the disk.</summary>
    Client = 0,

    /// <summary>The end that has the image.</summary>
    Server = 1,
}
