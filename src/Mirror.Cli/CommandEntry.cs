using System.CommandLine;

namespace Mirror.Cli;

/// <summary>A command of the tree.</summary>
/// <param name="Name">The name that it has once built.</param>
/// <param name="Build">Builds it.</param>
internal sealed record CommandEntry(string Name, Func<Command> Build);
