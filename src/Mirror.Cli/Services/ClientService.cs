using System.Net.NetworkInformation;
using Microsoft.Extensions.Logging;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Core.Security;
using Mirror.Core.Taps;
using Mirror.Core.Wire;
using Mirror.Driver.Disks;
using Mirror.Driver.Taps;

namespace Mirror.Cli.Services;

/// <summary>Puts a client together from disk, tap, connection and engine, and runs it.</summary>
internal static class ClientService
{
    /// <summary>Runs until it is stopped by control or by a signal.</summary>
    public static async Task RunAsync(ClientSettings settings, ILoggerFactory logs, CancellationToken signal)
    {
        ILogger logger = logs.CreateLogger("DiskMirror");
        if (!VolumeName.IsValid(settings.Volume)) throw new UsageException($"'{settings.Volume}' is not a volume name. {VolumeName.Rule}");
        Secret secret = SecretFile.Read(settings.SecretFile).ForClient(settings.Volume, MirrorRight.Mirror);
        ControlDirectory directory = ControlDirectory.Default;
        using IDisposable claim = directory.ClaimClient(settings.Volume);
        using DirectDisk disk = DirectDisk.Open(DiskPath(settings.Disk));
        WarnOfUses(disk.Host, logger);
        TapOptions defaults = new() { Volume = settings.Volume, DiskPath = disk.Path };
        using ITap tap = TapFactory.Open(defaults with
        {
            Choice = settings.Tap,
            GranuleBytes = settings.GranuleBytes,
            RingBytes = settings.RingBytes ?? defaults.RingBytes,
            RecordLimit = settings.RingRecords ?? defaults.RecordLimit,
            RunDirectory = directory.Path,
        });
        string server = settings.Host.Contains(':', StringComparison.Ordinal) ? $"[{settings.Host}]:{settings.Port}" : $"{settings.Host}:{settings.Port}";
        Connector connector = new(settings.Host, settings.Port, secret, settings.Volume, MirrorRight.Mirror);
        MirrorClientOptions options = new()
        {
            Volume = settings.Volume,
            Server = server,
            ClientId = StateFiles.ClientId(settings.StateDirectory),
            HostName = HostName(),
            SendLimit = settings.SendLimit,
            ReadLimit = settings.ReadLimit,
            MarkInterval = settings.MarkInterval,
            RescanInterval = settings.RescanInterval,
        };
        await using MirrorClient client = new(options, disk, tap, connector.ConnectAsync, logs.CreateLogger("DiskMirror.Client"));
        ServiceHost host = new(MirrorRole.Client, $"volume {settings.Volume}, disk {disk.Path} ({disk.Identity.Text}), server {server}", logs);
        void OnNetworkChange(object? sender, EventArgs e) => client.RetryNow();
        NetworkChange.NetworkAddressChanged += OnNetworkChange;
        try
        {
            if (tap.Description.Reason is { } reason) ServiceLog.LesserTap(logger, settings.Volume, reason);
            await host.RunAsync(directory, () => [client], () => client.RunAsync(CancellationToken.None),
                () => client.StopAsync(keepTracking: true, CancellationToken.None), signal);
        }
        finally
        {
            NetworkChange.NetworkAddressChanged -= OnNetworkChange;
        }
    }

    /// <summary>A plain file is mirrored as it is; everything else is looked up among the host's disks.</summary>
    private static string DiskPath(string text)
    {
        if (text.Contains('/', StringComparison.Ordinal) && File.Exists(text) && (File.GetAttributes(text) & FileAttributes.Device) == 0) return text;
        // The path as the administrator wrote it says more than sdb.
        HostDisk found = DiskCatalog.Read().Find(text);
        return text.Contains('/', StringComparison.Ordinal) ? text : found.Path;
    }

    private static void WarnOfUses(HostDisk? host, ILogger logger)
    {
        if (host is null) return;
        if (host.HasSwap) ServiceLog.HasSwap(logger, host.Path);
        foreach (HostDisk above in DiskCatalog.Read().Disks.Where(d => d.Slaves.Count > 1 && d.Slaves.Contains(host.Name))) ServiceLog.OneOfSeveral(logger, host.Path, above.Path);
    }

    private static string HostName()
    {
        string name = new([.. Environment.MachineName.Where(char.IsAscii)]);
        return name.Length <= 64 ? name : name[..64];
    }
}
