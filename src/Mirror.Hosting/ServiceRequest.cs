using Mirror.Core.Control;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting;

/// <summary>A client or server that shall run as a systemd service.</summary>
public sealed record ServiceRequest
{
    /// <summary>Which.</summary>
    public required MirrorRole Role { get; init; }

    /// <summary>The service's own name; null for a client's volume, and for the one server that most hosts have.</summary>
    public string? Name { get; init; }

    /// <summary>Its settings.</summary>
    public required SettingSource Settings { get; init; }

    /// <summary>The program that the service runs; null to look for it.</summary>
    public string? Program { get; init; }

    /// <summary>The root directory below which all is written: of this host, or of one that is being built.</summary>
    public string Root { get; init; } = "/";

    /// <summary>Whether a configuration that is there may be replaced.</summary>
    public bool Replace { get; init; }

    /// <summary>Whether to start it now, besides at each boot.</summary>
    public bool Start { get; init; }
}
