using System.Text.Json.Serialization;
using Mirror.Core.Control;

namespace Mirror.Core.Operations;

/// <summary>The outcome of a check over one or all volumes of this host.</summary>
/// <param name="Level">The worst of the findings.</param>
/// <param name="MaxAgeSeconds">The age in seconds that was allowed.</param>
/// <param name="Findings">One for each end of each volume, and one for each process that does not answer.</param>
public sealed record CheckResult(
    [property: JsonConverter(typeof(KebabCaseEnumConverter<CheckLevel>))] CheckLevel Level,
    double MaxAgeSeconds,
    IReadOnlyList<CheckFinding> Findings);
