using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Hosting;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Shows what runs anywhere on this host.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorStatus", DefaultParameterSetName = VolumeSet)]
[OutputType(typeof(LiveStatus), ParameterSetName = [VolumeSet])]
[OutputType(typeof(MirrorProcess), ParameterSetName = [ServerSet])]
public sealed class GetMirrorStatusCommand : MirrorCmdlet
{
    private const string VolumeSet = "Volume";
    private const string ServerSet = "Server";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Only volumes of this name; wildcards allowed.</summary>
    [Parameter(Position = 0, ParameterSetName = VolumeSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string? Volume { get; set; }

    /// <summary>Show it again every second, until stopped.</summary>
    [Parameter(ParameterSetName = VolumeSet)]
    public SwitchParameter Watch { get; set; }

    /// <summary>Show the servers as processes, also those without a volume yet.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ServerSet)]
    public SwitchParameter Server { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Volume;

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (Server) ShowServers();
        else if (Watch) WatchOn();
        else Show();
    }

    /// <summary>Shows volumes once.</summary>
    internal void Show()
    {
        (IReadOnlyList<LiveStatus> volumes, IReadOnlyList<string> unresponsive) = Ask();
        foreach (LiveStatus volume in volumes) Pipeline.Object(volume);
        Tell(unresponsive);
        if (volumes.Count == 0 && Volume is not null && !WildcardPattern.ContainsWildcardCharacters(Volume))
            throw new MirrorControlException($"Volume {Volume} does not run on this host.") { Failure = ControlFailure.NotRunning };
    }

    /// <summary>Shows servers.</summary>
    internal void ShowServers()
    {
        ControlSurvey survey = Run(cancellation => HostOperations.Create().StatusAsync(null, cancellation));
        foreach (MirrorProcess server in survey.Servers) Pipeline.Object(server);
        Tell(survey.Unresponsive);
    }

    /// <summary>Shows volumes again and again.</summary>
    internal void WatchOn()
    {
        while (true)
        {
            (IReadOnlyList<LiveStatus> volumes, _) = Ask();
            if (Pipeline.IsScreen) Pipeline.Redraw([.. volumes]);
            else foreach (LiveStatus volume in volumes) Pipeline.Object(volume);
            if (StopToken.WaitHandle.WaitOne(Interval)) StopToken.ThrowIfCancellationRequested();
        }
    }

    private (IReadOnlyList<LiveStatus> Volumes, IReadOnlyList<string> Unresponsive) Ask() => Run(cancellation => HostOperations.Create().LiveStatusAsync(Volume, cancellation));

    private void Tell(IReadOnlyList<string> unresponsive)
    {
        foreach (string process in unresponsive) Pipeline.Error(new MirrorControlException(process), ErrorIds.Unreachable, ErrorCategory.ResourceUnavailable, null, terminating: false);
    }
}
