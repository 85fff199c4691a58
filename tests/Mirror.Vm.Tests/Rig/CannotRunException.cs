namespace Mirror.Vm.Tests.Rig;

/// <summary>This machine lacks something that the guest needs; the message is the reason shown with the skipped test.</summary>
internal sealed class CannotRunException(string message) : Exception(message);
