using System.Runtime.InteropServices;
using Mirror.Cli;

// The first signal asks for a clean end, the second one ends the process by the system's own rule, unless it is cleaning up.
using CancellationTokenSource stop = new();
void OnSignal(PosixSignalContext context)
{
    if (stop.IsCancellationRequested && !SignalHold.IsHeld) return;
    context.Cancel = true;
    stop.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
using PosixSignalRegistration hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
return CommandLine.Run(args, stop.Token);
