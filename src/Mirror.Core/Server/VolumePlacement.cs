namespace Mirror.Core.Server;

/// <summary>Where the administrator wants a volume's image (<c>--volume NAME=IMAGE_OR_DEVICE</c>).</summary>
/// <param name="Image">A file or block device.</param>
/// <param name="Force">What is there may be overwritten at first contact.</param>
public sealed record VolumePlacement(string Image, bool Force = false);
