using System.Globalization;

namespace Mirror.Dump.Tests.Trees;

/// <summary>
/// How long the tests with seeded changes go on: <c>DISKMIRROR_MUTATIONS=20</c> makes twenty times the rounds, and takes as many times as long. Their seeds are always the same unless
/// <c>DISKMIRROR_SEED</c> is a number, or <c>random</c>; a failure names the seed.
/// </summary>
internal static class MutationRounds
{
    /// <summary>What the usual number of rounds is multiplied by; 1 when nothing is said.</summary>
    public static int Factor { get; } = int.TryParse(Environment.GetEnvironmentVariable("DISKMIRROR_MUTATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out int factor) && factor is > 0 and <= 10_000 ? factor : 1;

    /// <summary>The seed to take.</summary>
    /// <param name="usual">When nothing is said.</param>
    public static int Seed(int usual) => Environment.GetEnvironmentVariable("DISKMIRROR_SEED") switch
    {
        null or "" => usual,
        "random" => Random.Shared.Next(),
        string text => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture),
    };

    /// <summary>Does one round; a failure names seed and round.</summary>
    public static void Do(int seed, int round, Action body)
    {
        try
        {
            body();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"DISKMIRROR_SEED={seed}, round {round}: {e.Message}", e);
        }
    }
}
