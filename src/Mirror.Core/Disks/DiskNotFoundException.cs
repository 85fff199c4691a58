namespace Mirror.Core.Disks;

/// <summary>No disk of this host is what the administrator named. The message lists what could have been meant.</summary>
public sealed class DiskNotFoundException(string message) : IOException(message);
