using System.Text.Json.Serialization;
using Mirror.Core.Boot;

namespace Mirror.Hosting;

/// <summary>How a record of a clean stop is written.</summary>
[JsonSerializable(typeof(CleanStop))]
internal sealed partial class BootMemoryJson : JsonSerializerContext;
