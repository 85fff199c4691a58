namespace Mirror.Core.Boot;

/// <summary>
/// What a drive itself counts, whatever system runs on the host: so that it can say after a boot that nothing was written while nobody looked.
/// Counters of the whole drive, since it was made.
/// </summary>
/// <param name="Drive">Which drive: model and serial number.</param>
/// <param name="WriteCommands">Write commands completed; exact.</param>
/// <param name="UnitsWritten">Data written, in the drive's own unit (NVMe: thousands of 512 bytes, rounded up; ATA: logical sectors).</param>
/// <param name="ReadCommands">Read commands completed.</param>
/// <param name="PowerCycles">How often it was given power.</param>
/// <param name="UnsafeShutdowns">How often it lost power unprepared, when counters may have lost their last values; null when it does not count them.</param>
public sealed record DriveTestimony(string Drive, ulong WriteCommands, ulong UnitsWritten, ulong ReadCommands, ulong PowerCycles, ulong? UnsafeShutdowns);
