using System.Text.Json.Serialization;

namespace Mirror.Core.Control;

/// <summary>One running server or client as a whole: what there is to say of it besides its volumes, of which a server may have none yet.</summary>
public sealed record MirrorProcess
{
    /// <summary>What it is.</summary>
    [JsonConverter(typeof(KebabCaseEnumConverter<MirrorRole>))]
    public required MirrorRole Role { get; init; }

    /// <summary>What it is called on this host: a client by its volume, a server by the name that it was given, or its store's.</summary>
    public required string Name { get; init; }

    /// <summary>A server's store, a client's disk.</summary>
    public required string Place { get; init; }

    /// <summary>Where a server listens, which server a client speaks to: host:port.</summary>
    public required string EndPoint { get; init; }

    /// <summary>The process.</summary>
    public int Pid { get; init; } = Environment.ProcessId;

    /// <summary>When it was started.</summary>
    public DateTimeOffset Since { get; init; }
}
