namespace Mirror.Core.Taps;

/// <summary>What the comparison of the program's sums with the kernel's own statistics says (DESIGN: the sums).</summary>
public enum SumsVerdict
{
    /// <summary>Every completed write up to the moment of the check was seen and marked.</summary>
    Agree,

    /// <summary>The disk was too busy for an exact comparison. Nothing is forgotten: the issue bitmap is kept. Try again at the next mark.</summary>
    Undetermined,

    /// <summary>Completions were missed, and the issue bitmap covers them: everything in it must be read again
    /// (<see cref="ITap.CopyIssuedTo"/>).</summary>
    Hole,

    /// <summary>Completions were missed and the issue bitmap cannot be trusted either, or a command nobody knows changed the disk:
    /// only a full scan helps.</summary>
    Lost,
}
