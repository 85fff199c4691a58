using System.Text.Json.Serialization;
using Mirror.Core.Control;

namespace Mirror.Core.Client;

/// <summary>How far a verify is.</summary>
/// <param name="Step">What it does.</param>
/// <param name="PositionBytes">Bytes from the start that were compared.</param>
/// <param name="SuspectBytes">Bytes that must be looked at again: they differed once, or were just being written.</param>
/// <param name="DifferingBytes">Bytes that differ for certain.</param>
public sealed record VerifyProgress(
    [property: JsonConverter(typeof(KebabCaseEnumConverter<VerifyStep>))] VerifyStep Step, long PositionBytes, long SuspectBytes, long DifferingBytes);
