namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>These tests measure and overload the machine: one at a time, and nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessesAlone
{
    public const string Name = "processes";
}
