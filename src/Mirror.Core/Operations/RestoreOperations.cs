using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Core.Restore;
using Mirror.Core.Security;
using Mirror.Core.Wire;

namespace Mirror.Core.Operations;

/// <summary>
/// Brings a volume back onto a disk or into a file. Everything that speaks against the target is found before anything is asked or written, and once more, by
/// the exclusive open, right before the first write.
/// </summary>
/// <param name="directory">Where the sockets of this host's processes are: a disk that is mirrored must not be overwritten.</param>
/// <param name="targets">The disks and files of this host.</param>
public sealed class RestoreOperations(ControlDirectory directory, IRestoreTargets targets)
{
    private readonly ControlClient _control = new(directory);

    /// <summary>Runs a whole restore.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="confirm">Asked once, with what is about to happen; false ends it. Not asked where nothing is overwritten, unless the request wants it.</param>
    /// <param name="progress">Told several times a second how far it is.</param>
    /// <param name="cancellation">Ends it; what was written stays, and the same request goes on from there.</param>
    /// <returns>The verified result; null when it was not confirmed.</returns>
    /// <exception cref="IOException">It was refused or failed; says by what and what to do.</exception>
    /// <exception cref="SecretException">The secret is for another volume or right.</exception>
    public async Task<RestoreResult?> RestoreAsync(RestoreRequest request, Func<RestorePlan, CancellationToken, Task<bool>> confirm,
        IProgress<RestoreProgress>? progress, CancellationToken cancellation)
    {
        Secret secret = request.Secret.ForClient(request.Volume, MirrorRight.Restore);
        RestoreTarget target = await ExamineAsync(request, cancellation).ConfigureAwait(false);
        string server = request.Host.Contains(':', StringComparison.Ordinal) ? $"[{request.Host}]:{request.Port}" : $"{request.Host}:{request.Port}";
        var connector = new Connector(request.Host, request.Port, secret, request.Volume, MirrorRight.Restore);
        var options = new RestoreOptions { Volume = request.Volume, Server = server, Snapshot = request.Snapshot ?? "", AsItIs = request.AsItIs };
        RestoreConnection? connection = await RestoreRun.OpenAsync(options, connector.ConnectAsync, TimeProvider.System, cancellation).ConfigureAwait(false);
        try
        {
            RestoreSource source = RestoreRun.SourceOf(connection.View);
            if (target.IsDevice && source.SizeBytes > target.SizeBytes)
            {
                throw new TargetException($"{target.Path} has {target.SizeBytes} bytes ({ByteQuantity.Format(target.SizeBytes)}), and volume {request.Volume} needs {source.SizeBytes} "
                    + $"({ByteQuantity.Format(source.SizeBytes)}). Give a disk that is large enough.");
            }
            string[] warnings = [.. Warnings(source, target)];
            if (!target.IsNew || request.AskAlways)
            {
                if (!await confirm(new RestorePlan(request.Volume, source, target, warnings), cancellation).ConfigureAwait(false)) return null;
                // What was free when it was looked at may be mounted by now.
                target = await ExamineAsync(request, cancellation).ConfigureAwait(false);
            }
            using ITargetDisk disk = targets.Open(target, source.SizeBytes);
            var run = new RestoreRun(options, connector.ConnectAsync, disk, progress);
            RestoreConnection first = connection;
            connection = null;
            RestoreResult result = await run.RunAsync(first, cancellation).ConfigureAwait(false);
            return result with { Warnings = warnings };
        }
        finally
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<RestoreTarget> ExamineAsync(RestoreRequest request, CancellationToken cancellation)
    {
        ControlSurvey survey = await _control.SurveyAsync(cancellation).ConfigureAwait(false);
        return targets.Examine(request.Target, [.. survey.Volumes.Where(v => v.Role == MirrorRole.Client).Select(v => v.Disk)]);
    }

    private static IEnumerable<string> Warnings(RestoreSource source, RestoreTarget target)
    {
        if (!source.Consistent) yield return "The image was never consistent: it is no instant of the disk, and file systems on it may be damaged.";
        if (target.IsDevice && source.LogicalBlockBytes != target.LogicalBlockBytes)
        {
            yield return $"The disk had logical blocks of {source.LogicalBlockBytes} bytes, {target.Path} has {target.LogicalBlockBytes}: partition tables and some file systems (XFS above all) "
                + "cannot be read from it as they are. Use a disk with the same logical blocks, or restore into a file and attach it with 'losetup --sector-size'.";
        }
    }
}
