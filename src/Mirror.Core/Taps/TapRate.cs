namespace Mirror.Core.Taps;

/// <summary>What the tap delivers of each completed write. The bitmaps are marked at every rate.</summary>
public enum TapRate : byte
{
    /// <summary>Nothing; the bitmaps still fill.</summary>
    Off = 0,

    /// <summary>Block numbers.</summary>
    Lo = 1,

    /// <summary>Block numbers and data.</summary>
    Hi = 2,
}
