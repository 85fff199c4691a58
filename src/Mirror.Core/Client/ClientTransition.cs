using Mirror.Core.Control;

namespace Mirror.Core.Client;

/// <summary>The result of <see cref="ClientStateMachine.Next"/>.</summary>
/// <param name="State">The new state; the old one when the event was illegal.</param>
/// <param name="Effects">What is to be done.</param>
/// <param name="Illegal">Null, or why the event cannot happen here: a defect of the program, reported as the client's last error.</param>
public readonly record struct ClientTransition(MirrorState State, ClientEffects Effects, string? Illegal);
