using System.Globalization;

namespace Mirror.Dump.Tests.Trees;

/// <summary>How long the tests with seeded changes go on: <c>DISKMIRROR_MUTATIONS=20</c> makes twenty times the rounds, and takes as many times as long.</summary>
internal static class MutationRounds
{
    /// <summary>What the usual number of rounds is multiplied by; 1 when nothing is said.</summary>
    public static int Factor { get; } = int.TryParse(Environment.GetEnvironmentVariable("DISKMIRROR_MUTATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out int factor) && factor is > 0 and <= 10_000 ? factor : 1;
}
