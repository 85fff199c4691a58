using System.Text.Json.Serialization;

namespace Mirror.Core.Store;

/// <summary>The serialiser of <see cref="VolumeRecord"/> and <see cref="SnapshotRecord"/>; members that it does not know are an error.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(VolumeRecord))]
[JsonSerializable(typeof(SnapshotRecord))]
[JsonSerializable(typeof(Server.GoneVolume))]
internal sealed partial class VolumeRecordJson : JsonSerializerContext;
