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

    /// <summary>Stop: leave the tap marking.</summary>
    public bool KeepTracking { get; init; }
}
