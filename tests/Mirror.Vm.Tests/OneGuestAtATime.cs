namespace Mirror.Vm.Tests;

/// <summary>Emulation takes all processors: guests run one after the other.</summary>
[CollectionDefinition("one guest at a time", DisableParallelization = true)]
public sealed class OneGuestAtATime;
