using System.Text.Json.Serialization;
using Mirror.Core.Client;
using Mirror.Core.Disks;
using Mirror.Core.Mounts;
using Mirror.Core.Operations;
using Mirror.Core.Restore;

namespace Mirror.Core.Control;

/// <summary>JSON of what control and the command line print: camelCase, source-generated. Nulls are written: a script finds every field.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(KebabCaseEnumConverter<HostDiskKind>), typeof(KebabCaseEnumConverter<DiskUseKind>)])]
[JsonSerializable(typeof(MirrorStatus))]
[JsonSerializable(typeof(MirrorStatus[]))]
[JsonSerializable(typeof(IReadOnlyList<MirrorStatus>))]
[JsonSerializable(typeof(SnapshotInfo))]
[JsonSerializable(typeof(SnapshotHistory))]
[JsonSerializable(typeof(CheckResult))]
[JsonSerializable(typeof(IReadOnlyList<HostDisk>))]
[JsonSerializable(typeof(RestoreResult))]
[JsonSerializable(typeof(VerifyResult))]
[JsonSerializable(typeof(MountedImage))]
public sealed partial class MirrorJson : JsonSerializerContext;
