using System.Text.Json.Serialization;
using Mirror.Core.Disks;
using Mirror.Core.Operations;

namespace Mirror.Core.Control;

/// <summary>JSON of what control and the command line print: camelCase, source-generated. Nulls are written: a script finds every field.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(KebabCaseEnumConverter<HostDiskKind>), typeof(KebabCaseEnumConverter<DiskUseKind>)])]
[JsonSerializable(typeof(MirrorStatus))]
[JsonSerializable(typeof(MirrorStatus[]))]
[JsonSerializable(typeof(IReadOnlyList<MirrorStatus>))]
[JsonSerializable(typeof(CheckResult))]
[JsonSerializable(typeof(IReadOnlyList<HostDisk>))]
public sealed partial class MirrorJson : JsonSerializerContext;
