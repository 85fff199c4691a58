namespace Mirror.Core.Operations;

/// <summary>What monitoring is told. The values are the exit codes that Nagios and its kin understand.</summary>
public enum CheckLevel : byte
{
    /// <summary>Every volume's image is good and young enough.</summary>
    Ok = 0,

    /// <summary>Something is not as it should be, but a good image is still young enough, or the first copy is under way.</summary>
    Warning = 1,

    /// <summary>A volume is not protected as asked: too old, refused, not running, or never complete.</summary>
    Critical = 2,
}
