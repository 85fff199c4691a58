using System.Runtime.CompilerServices;

namespace Mirror.EndToEnd.Tests;

/// <summary>The checkout that these tests were compiled from.</summary>
internal static class SourceTree
{
    /// <summary>A file of it.</summary>
    /// <param name="path">From the top.</param>
    public static string At(string path) => Path.GetFullPath(Path.Combine(Here(), "../..", path));

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
