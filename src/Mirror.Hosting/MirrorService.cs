using Mirror.Core.Control;

namespace Mirror.Hosting;

/// <summary>A client or server that is registered with systemd.</summary>
/// <param name="Unit">The unit: <c>diskmirror-client@home.service</c>.</param>
/// <param name="Role">Which end.</param>
/// <param name="Name">The service's own name.</param>
/// <param name="ConfigPath">Its configuration file.</param>
/// <param name="UnitPath">Its unit file.</param>
/// <param name="Started">Whether it was started just now.</param>
public sealed record MirrorService(string Unit, MirrorRole Role, string Name, string ConfigPath, string UnitPath, bool Started);
