using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mirror.Driver.Taps;

/// <summary>struct tap_control of driver/linux/tap.h, in memory that the programs write at the same time: read fields with Volatile.</summary>
[StructLayout(LayoutKind.Explicit, Size = 960)]
internal struct TapControl
{
    public const ulong MarksBit = 1, IssuedBit = 2, RateMask = 0x300;
    public const int RateShift = 8;

    [FieldOffset(0)] public ulong State;
    [FieldOffset(8)] public ulong Sleeping;
    [FieldOffset(16)] public ulong ShortConsumed;
    [FieldOffset(24)] public ulong HideCompletions;
    [FieldOffset(32)] public ulong HideIssues;
    [FieldOffset(40)] public ulong Linger;

    [FieldOffset(64)] public ulong ShortProduced;
    [FieldOffset(72)] public ulong Delivered;
    [FieldOffset(80)] public ulong Undelivered;
    [FieldOffset(88)] public ulong OffEpisodes;

    [FieldOffset(128)] public ulong CompletedSectors;
    [FieldOffset(136)] public ulong Completed;

    [FieldOffset(192)] public ulong IssuedSectors;
    [FieldOffset(200)] public ulong Issued;

    [FieldOffset(256)] public ulong Untracked;
    [FieldOffset(264)] public ulong Beyond;
    [FieldOffset(272)] public ulong BioLost;
    [FieldOffset(280)] public ulong Unreadable;

    [FieldOffset(320)] public ulong CalibrationProcess;
    [FieldOffset(328)] public ulong CalibrationFrame;
    [FieldOffset(336)] public ulong CalibrationPageSize;
    [FieldOffset(344)] public ulong CalibrationVmemmap;
    [FieldOffset(352)] public ulong CalibrationDirectMap;
    [FieldOffset(360)] public ulong CalibrationSeen;
    [FieldOffset(368)] public ulong CalibrationSource;
    [FieldOffset(384)] public MagicWords CalibrationMagic;

    /// <summary>Kept for the next process.</summary>
    [FieldOffset(448)] public ClientWords Client;

    [InlineArray(8)]
    public struct MagicWords
    {
        private ulong _first;
    }

    /// <summary>The client's own words (64 of them, the rest is room).</summary>
    [StructLayout(LayoutKind.Sequential, Size = 512)]
    public struct ClientWords
    {
        /// <summary>Number of the current generation.</summary>
        public ulong Generation;

        /// <summary>Sectors written by the kernel's statistics when the sums began to be compared.</summary>
        public ulong BaseWritten;

        /// <summary>The program's sum of completed sectors then.</summary>
        public ulong BaseCompleted;

        /// <summary>The program's sum of issued sectors then.</summary>
        public ulong BaseIssued;

        /// <summary><see cref="SumsFlags"/>.</summary>
        public ulong Flags;

        /// <summary>Discrepancies found.</summary>
        public ulong Holes;

        /// <summary>The value of <see cref="TapControl.Untracked"/> that has been reported.</summary>
        public ulong ReportedUntracked;

        /// <summary>The value of <see cref="TapControl.Beyond"/> that has been reported.</summary>
        public ulong ReportedBeyond;

        /// <summary>The value of <see cref="TapControl.BioLost"/> that has been reported.</summary>
        public ulong ReportedBioLost;

        /// <summary><see cref="Sleep.Milliseconds"/> when it was last looked at.</summary>
        public ulong SleptMilliseconds;

        /// <summary><see cref="Sleep.Suspends"/> then.</summary>
        public ulong Suspends;

        /// <summary>Kernel ids of the attached programs, in the order of <see cref="TapPrograms"/>.</summary>
        public ulong Program0;

        /// <inheritdoc cref="Program0"/>
        public ulong Program1;

        /// <inheritdoc cref="Program0"/>
        public ulong Program2;
    }
}
