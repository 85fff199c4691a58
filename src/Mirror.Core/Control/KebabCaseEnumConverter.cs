using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mirror.Core.Control;

/// <summary>Writes enum values the way options are spelled: <c>rescan-only</c>, <c>client</c>. Numbers are not accepted.</summary>
/// <typeparam name="T">The enum.</typeparam>
public sealed class KebabCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
