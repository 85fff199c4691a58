using System.Text.Json.Serialization;

namespace Mirror.Core.Server;

/// <summary>Why a volume of this store is not served under its name any more. It keeps a client that was not told from beginning the volume anew.</summary>
internal sealed record GoneVolume
{
    /// <summary>The name that it had.</summary>
    public required string Volume { get; init; }

    /// <summary>What was done.</summary>
    public required GoneReason Reason { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset When { get; init; }

    /// <summary>The volume's own id, so that a later one of this name is never taken for it; empty when it had no record.</summary>
    public required Guid Id { get; init; }

    /// <summary>The new name, where it was renamed.</summary>
    public string? To { get; init; }

    /// <summary>What a client or administrator is told who asks for the volume.</summary>
    [JsonIgnore]
    public string Text => Reason switch
    {
        GoneReason.Renamed => $"Volume {Volume}: it is called {To} now. The client needs that name and a secret for it: diskmirror secret derive --volume {To} ...",
        GoneReason.Deleted => $"Volume {Volume}: it was deleted on {When.UtcDateTime:yyyy-MM-dd}. End its client; or, on the server's host, to let it begin anew: diskmirror volume take {Volume}",
        _ => $"Volume {Volume}: the administrator has taken it out of service. On the server's host, to go on: diskmirror volume take {Volume}",
    };
}
