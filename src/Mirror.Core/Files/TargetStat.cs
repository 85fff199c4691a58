namespace Mirror.Core.Files;

/// <summary>What a target says of one of its names.</summary>
/// <param name="Mode"><c>st_mode</c>.</param>
/// <param name="Links">Names of it.</param>
/// <param name="UserId">Owner.</param>
/// <param name="GroupId">Group.</param>
/// <param name="SizeBytes">Bytes.</param>
/// <param name="DeviceMajor">Of a device.</param>
/// <param name="DeviceMinor">Of a device.</param>
/// <param name="ModifiedSeconds">Last change, seconds since 1970.</param>
/// <param name="ModifiedNanoseconds">Their fraction.</param>
/// <param name="Inode">Inode number.</param>
public readonly record struct TargetStat(ushort Mode, uint Links, uint UserId, uint GroupId, long SizeBytes, uint DeviceMajor, uint DeviceMinor, long ModifiedSeconds, uint ModifiedNanoseconds, ulong Inode);
