using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Server;
using Mirror.Driver.Images;

namespace Mirror.Cli.Services;

/// <summary>Puts a server together from store, listener and volumes, and runs it.</summary>
internal static class ServerService
{
    /// <summary>Runs until a signal asks it to stop.</summary>
    public static async Task RunAsync(MirrorServerOptions options, ILoggerFactory logs, CancellationToken signal)
    {
        ControlDirectory directory = ControlDirectory.Default;
        directory.Create();
        await using MirrorServer server = await MirrorServer.StartAsync(options, new ImageFiles(), new StorePlace(), logs.CreateLogger("DiskMirror.Server"));
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task StopAsync()
        {
            await server.DisposeAsync();
            stopped.SetResult();
        }

        ServiceHost host = new(MirrorRole.Server, $"store {options.StoreDirectory}, listening on {server.EndPoint}", logs);
        await host.RunAsync(directory, () => server.Volumes, () => stopped.Task, StopAsync, signal);
    }
}
