namespace Mirror.Driver.Taps;

/// <summary>What to tap, and how.</summary>
public sealed record TapOptions
{
    /// <summary>The volume's name; the pinned bitmaps carry it.</summary>
    public required string Volume { get; init; }

    /// <summary>The disk or partition, by its path under /dev (links are followed).</summary>
    public required string DiskPath { get; init; }

    /// <summary>Which tap.</summary>
    public TapChoice Choice { get; init; } = TapChoice.Auto;

    /// <summary>Bytes of one granule, a power of two from 4096 on; 0 lets the size of the disk decide (<see cref="Core.Blocks.Units.GranuleFor"/>).</summary>
    public int GranuleBytes { get; init; }

    /// <summary>Bytes of the ring; a power of two and of pages. 64 MiB unless set: DESIGN's limit.</summary>
    public long RingBytes { get; init; } = 64 << 20;

    /// <summary>Bytes waiting in the ring from which the rate falls to Lo; 0 means the ring less a sixteenth.</summary>
    public long DataLimitBytes { get; init; }

    /// <summary>Records without data waiting from which the rate falls to Off (DESIGN: 65,536).</summary>
    public long RecordLimit { get; init; } = 65536;

    /// <summary>Where pins go, in a bpf file system; it is mounted there if nothing is.</summary>
    public string PinDirectory { get; init; } = "/sys/fs/bpf/diskmirror";

    /// <summary>Where lock files and what calibration found go.</summary>
    public string RunDirectory { get; init; } = "/run/diskmirror";

    /// <summary>The longest that the first attach waits for a moment with nothing in flight.</summary>
    public TimeSpan IdleWait { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Whether bitmaps and programs outlive the process.</summary>
    internal bool Pin { get; init; } = true;

    /// <summary>Test switch: no data records, as on a locked-down kernel.</summary>
    internal bool MarkOnly { get; init; }

    /// <summary>Test switch: every Nth completion is not seen by the program; 0 for none.</summary>
    internal int HideCompletions { get; init; }

    /// <summary>Test switch: every Nth issued write is not seen by the program; 0 for none.</summary>
    internal int HideIssues { get; init; }

    /// <summary>Test switch: false makes <see cref="EbpfTap.CheckSums"/> agree to everything, so that a test of holes can be seen to fail.</summary>
    internal bool CompareSums { get; init; } = true;

    /// <summary>Where struct pages and memory are, instead of calibrating; used by calibration itself.</summary>
    internal TapCalibration? Calibration { get; init; }
}
