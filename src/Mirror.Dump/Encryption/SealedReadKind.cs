namespace Mirror.Dump.Encryption;

/// <summary>Kinds of <see cref="SealedRead"/>.</summary>
public enum SealedReadKind
{
    /// <summary>A block, verified.</summary>
    Block,

    /// <summary>Blocks are lost, or something is where it does not belong. Reading can go on.</summary>
    Damage,

    /// <summary>The end of the volume; another one follows.</summary>
    EndOfVolume,

    /// <summary>The end of the archive. Also what comes after the damage of a cut volume: there is nothing more to read.</summary>
    End,
}
