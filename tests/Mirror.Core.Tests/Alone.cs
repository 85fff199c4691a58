namespace Mirror.Core.Tests;

/// <summary>Tests that keep all processors busy: none of the others, whose deadlines would pass, runs at the same time.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class Alone;
