using System.Text.Json.Serialization;

namespace Mirror.Dump.Archive;

/// <summary>Results as JSON, in the form of all others (camel case).</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DumpResult))]
[JsonSerializable(typeof(UndumpResult))]
[JsonSerializable(typeof(UnprotectResult))]
[JsonSerializable(typeof(ArchiveEntry[]))]
public sealed partial class ArchiveJson : JsonSerializerContext;
