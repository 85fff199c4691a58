using Mirror.Core.Control;
using Mirror.Core.Security;

namespace Mirror.Core.Operations;

/// <summary>What is done with whole volumes of a server that runs on this host. Failures are <see cref="MirrorControlException"/> with words for the administrator.</summary>
/// <param name="directory">Where the processes' sockets are.</param>
public sealed class VolumeOperations(ControlDirectory directory)
{
    /// <summary>The least age of what is deleted, when nothing else is said.</summary>
    public const string UsualMinimumAge = "1d";

    private readonly ControlClient client = new(directory);

    /// <summary>Gives a volume another name. Its client must have been stopped, and needs a secret for the new name; a client of the old name is refused from then on.</summary>
    public Task RenameAsync(string volume, string to, CancellationToken cancellation) => client.RenameVolumeAsync(Require(volume), Require(to), cancellation);

    /// <summary>Deletes a volume with its image and its history, after everything that speaks against it was looked for and the administrator has confirmed it.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="minimumAge">It is left when its last consistent state, or a snapshot, is younger: <c>90m</c>, <c>12h</c>, <c>7d</c>.</param>
    /// <param name="confirm">Asked with what would be deleted.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What was deleted; null when it was not confirmed.</returns>
    /// <exception cref="FormatException">The age is none.</exception>
    public async Task<DeletedVolume?> DeleteAsync(string volume, string minimumAge, Func<MirrorStatus, CancellationToken, Task<bool>> confirm, CancellationToken cancellation)
    {
        TimeSpan least = Durations.TryParse(minimumAge) ?? throw new FormatException($"'{PlainText.Clean(minimumAge)}' is no age. Write for instance 90m, 12h or 7d.");
        ControlSurvey survey = await client.SurveyAsync(cancellation).ConfigureAwait(false);
        MirrorStatus status = survey.Volumes.FirstOrDefault(v => v.Volume == Require(volume) && v.Role == MirrorRole.Server)
            ?? throw new MirrorControlException($"No server of volume {volume} runs on this host. A volume is deleted where its image is.") { Failure = ControlFailure.NotRunning };
        if (!await confirm(status, cancellation).ConfigureAwait(false)) return null;
        return await client.DeleteVolumeAsync(volume, least, cancellation).ConfigureAwait(false);
    }

    /// <summary>Takes a volume out of service, so that its directory can be copied or moved while the server goes on.</summary>
    /// <returns>The directory.</returns>
    public Task<string> ReleaseAsync(string volume, CancellationToken cancellation) => client.ReleaseVolumeAsync(Require(volume), cancellation);

    /// <summary>Takes a volume into service whose directory is in the store, or lets a name be begun anew that was deleted.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="server">The server's name, store or process id; null where only one runs.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public Task TakeAsync(string volume, string? server, CancellationToken cancellation) => client.TakeVolumeAsync(Require(volume), server, cancellation);

    /// <summary>What would be deleted, in one sentence for a question.</summary>
    public static string Describe(MirrorStatus status)
    {
        string age = status.ConsistentAgeSeconds is { } seconds ? $"the last consistent state is {Durations.Format(seconds)} old" : "it was never consistent";
        return $"Volume {status.Volume}: image {status.Disk} of {ByteQuantity.Format(status.SizeBytes)} ({ByteQuantity.Format(status.ImageBytes ?? 0)} stored), {status.Snapshots ?? 0} snapshots; disk \"{status.Identity ?? "none"}\"; {age}.";
    }

    private static string Require(string volume) => VolumeName.IsValid(volume) ? volume
        : throw new MirrorControlException($"'{PlainText.Clean(volume)}' is not a volume name. {VolumeName.Rule}") { Failure = ControlFailure.Invalid };
}
