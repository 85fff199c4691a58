using System.Text.Json.Serialization;

namespace Mirror.Core.Control;

/// <summary>One line from a control client. Unknown members are refused, so that a misspelt option is never taken for its absence.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ControlRequest
{
    /// <summary>What is asked.</summary>
    [JsonConverter(typeof(KebabCaseEnumConverter<ControlVerb>))]
    public required ControlVerb Request { get; init; }

    /// <summary>The volume; may be absent for status only, and means all then.</summary>
    public string? Volume { get; init; }

    /// <summary>Adopt: also accept that most of the image is overwritten.</summary>
    public bool Replace { get; init; }

    /// <summary>The snapshot's name; may be absent for a new one.</summary>
    public string? Name { get; init; }

    /// <summary>The rule of the volume's history; absent for the server's own.</summary>
    public string? Rule { get; init; }

    /// <summary>Rename: the new name.</summary>
    public string? To { get; init; }

    /// <summary>Delete: the least age in seconds.</summary>
    public double MinimumAge { get; init; }

    /// <summary>Verify: bytes a second that are read at most; 0 for the default.</summary>
    public long Limit { get; init; }

    /// <summary>Verify: send what differs again.</summary>
    public bool Repair { get; init; }

    /// <summary>Stop: leave the tap marking.</summary>
    public bool KeepTracking { get; init; }
}
