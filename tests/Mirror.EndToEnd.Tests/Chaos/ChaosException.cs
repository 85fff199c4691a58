namespace Mirror.EndToEnd.Tests.Chaos;

/// <summary>A chaos run has found something; the message tells the whole story and the seed with which it is told again.</summary>
internal sealed class ChaosException(string message, Exception inner) : Exception(message, inner);
