using System.Text.Json.Serialization;

namespace Mirror.Core.Control;

/// <summary>Writes enum values by the names that docs/protocol.md uses: <c>CatchUp</c>, <c>Hi</c>. Numbers are not accepted.</summary>
/// <typeparam name="T">The enum.</typeparam>
public sealed class NamedEnumConverter<T>() : JsonStringEnumConverter<T>(namingPolicy: null, allowIntegerValues: false)
    where T : struct, Enum;
