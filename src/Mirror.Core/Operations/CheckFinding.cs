using System.Text.Json.Serialization;
using Mirror.Core.Control;

namespace Mirror.Core.Operations;

/// <summary>What a check says about one end of one volume.</summary>
public sealed record CheckFinding
{
    /// <summary>How bad it is.</summary>
    [JsonConverter(typeof(KebabCaseEnumConverter<CheckLevel>))]
    public required CheckLevel Level { get; init; }

    /// <summary>The volume; null when a process as a whole is meant.</summary>
    public string? Volume { get; init; }

    /// <summary>Which end; null when it is not known.</summary>
    [JsonConverter(typeof(KebabCaseEnumConverter<MirrorRole>))]
    public MirrorRole? Role { get; init; }

    /// <summary>One line with the reason and the next step.</summary>
    public required string Message { get; init; }

    /// <summary>Seconds by which the newest good image may lag behind the disk; null when there is none.</summary>
    public double? AgeSeconds { get; init; }
}
