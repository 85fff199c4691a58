using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Core.Security;
using Mirror.Core.Store;

namespace Mirror.Core.Server;

/// <summary>
/// Volumes of a server that goes on get other names, are deleted, released and taken. One change at a time. Each is noted first (<see cref="GoneVolumes"/>), then done in
/// steps that can be repeated, so that <see cref="Finish"/> brings to its end what a crash has interrupted.
/// <code>
/// rename    note, directory to its new name, record with the new name
/// delete    note, directory to STORE/.deleted, its files removed
/// release   note
/// take      note removed
/// </code>
/// </summary>
internal sealed class VolumeLife(MirrorServerOptions options, IImageFiles files, ConcurrentDictionary<string, ServerVolume> volumes, Func<string, ServerVolume?> open, TimeProvider clock, ILogger logger)
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _deleted = Path.Combine(options.StoreDirectory, ".deleted");

    /// <summary>The volumes that are not served any more.</summary>
    public GoneVolumes Gone { get; } = new(options.StoreDirectory, files);

    /// <summary>At the start, before any volume is opened: reads the notes, and finishes what was interrupted.</summary>
    public void Finish()
    {
        Gone.Load();
        foreach (GoneVolume gone in Gone.All)
        {
            if (gone.Reason == GoneReason.Renamed) Move(gone);
            if (gone.Reason == GoneReason.Deleted) Delete(gone);
        }
        files.DeleteDirectory(_deleted);
    }

    /// <summary><see cref="IStoreHost.RenameVolumeAsync"/>.</summary>
    public Task RenameAsync(string volume, string to) => OneAsync(volume, async known =>
    {
        if (!VolumeName.IsValid(to)) throw new MirrorControlException($"'{Wire.WireText.Clean(to, 64)}' is no name for a volume. {VolumeName.Rule}") { Failure = ControlFailure.Invalid };
        VolumeRecord record = known.Record ?? throw NotBegun(volume);
        ServerVolume? reserved = volumes.GetValueOrDefault(to);
        if (reserved is null ? files.Exists(Directory(to)) : !IsOnlyPlaced(reserved))
            throw new MirrorControlException($"Volume {to} is there already ({Directory(to)}). Give another name.") { Failure = ControlFailure.InUse };
        RequirePlace(volume, to, record.Image);
        if (reserved is not null) await RetireAsync(reserved).ConfigureAwait(false);
        await RetireAsync(known).ConfigureAwait(false);
        await AgainOnFailureAsync(volume, to, () =>
        {
            Gone.Remove(to);
            if (reserved is not null) files.DeleteDirectory(Directory(to));
            var gone = new GoneVolume { Volume = volume, Reason = GoneReason.Renamed, When = clock.GetUtcNow(), Id = record.Id, To = to };
            Gone.Add(gone);
            Move(gone);
        }).ConfigureAwait(false);
        ServerLog.Renamed(logger, volume, to);
        return true;
    });

    /// <summary><see cref="IStoreHost.DeleteVolumeAsync"/>.</summary>
    public Task<DeletedVolume> DeleteAsync(string volume, TimeSpan minimumAge) => OneAsync(volume, async known =>
    {
        if (minimumAge > TimeSpan.Zero)
        {
            TimeSpan age = clock.GetUtcNow() - (known.LastUsed() ?? throw new MirrorControlException($"Volume {volume}: its age cannot be told{(known.Status.LastError is { } e ? $": {e}" : "")}. To delete it all the same: --min-age 0m"));
            if (age < minimumAge)
                throw new MirrorControlException($"Volume {volume}: it was in use {Durations.Format(age.TotalSeconds)} ago (its last consistent state or snapshot), and what is younger than {Durations.Format(minimumAge.TotalSeconds)} is not deleted. To delete it all the same: --min-age 0m");
        }
        int snapshots = files.Files(new VolumeFiles(options.StoreDirectory, volume, null).Snapshots).Count(f => f.EndsWith(".json", StringComparison.Ordinal));
        string? left = options.Volumes.GetValueOrDefault(volume)?.Image;
        var gone = new GoneVolume { Volume = volume, Reason = GoneReason.Deleted, When = clock.GetUtcNow(), Id = known.Record?.Id ?? Guid.Empty };
        await RetireAsync(known).ConfigureAwait(false);
        await AgainOnFailureAsync(volume, null, () =>
        {
            Gone.Add(gone);
            Delete(gone);
            files.DeleteDirectory(_deleted);
        }).ConfigureAwait(false);
        ServerLog.Deleted(logger, volume, snapshots);
        return new DeletedVolume(volume, snapshots, left);
    });

    /// <summary><see cref="IStoreHost.ReleaseVolumeAsync"/>.</summary>
    public Task<string> ReleaseAsync(string volume) => OneAsync(volume, async known =>
    {
        VolumeRecord record = known.Record ?? throw NotBegun(volume);
        await RetireAsync(known).ConfigureAwait(false);
        await AgainOnFailureAsync(volume, null, () => Gone.Add(new GoneVolume { Volume = volume, Reason = GoneReason.Released, When = clock.GetUtcNow(), Id = record.Id })).ConfigureAwait(false);
        ServerLog.Released(logger, volume);
        return Directory(volume);
    });

    /// <summary><see cref="IStoreHost.TakeVolumeAsync"/>.</summary>
    public async Task TakeAsync(string volume)
    {
        if (!VolumeName.IsValid(volume)) throw new MirrorControlException($"'{Wire.WireText.Clean(volume, 64)}' is no name of a volume. {VolumeName.Rule}") { Failure = ControlFailure.Invalid };
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            bool there = files.Exists(new VolumeFiles(options.StoreDirectory, volume, null).Record);
            bool was = await StoreWork.Run(() => Gone.Remove(volume)).ConfigureAwait(false);
            if (volumes.TryGetValue(volume, out ServerVolume? known) && known.Record is not null) throw new MirrorControlException($"Volume {volume} is in service already.") { Failure = ControlFailure.InUse };
            if (!there && !was) throw new MirrorControlException($"There is no volume {volume} in the store: {Directory(volume)} has no volume.json. A client with a secret for it begins one.");
            if (there) await (open(volume) ?? throw Stopping()).OpenAsync().ConfigureAwait(false);
            ServerLog.Taken(logger, volume, there);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<T> OneAsync<T>(string volume, Func<ServerVolume, Task<T>> change)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            return await change(volumes.GetValueOrDefault(volume) ?? throw new MirrorControlException(Gone.Find(volume)?.Text ?? $"There is no volume {volume}.")).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MirrorControlException($"Volume {volume}: {e.Message}", e);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task RetireAsync(ServerVolume known)
    {
        await known.RetireAsync().ConfigureAwait(false);
        // No moment without either: a client would begin the volume anew.
        Gone.Hold(known.Name, clock.GetUtcNow());
        volumes.TryRemove(known.Name, out _);
    }

    /// <summary>Changes files, and opens the volume again: under its new name; or, when that failed, as it was left.</summary>
    private async Task AgainOnFailureAsync(string volume, string? to, Action change)
    {
        try
        {
            await StoreWork.Run(change).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (files.Exists(new VolumeFiles(options.StoreDirectory, volume, null).Record))
            {
                Gone.Remove(volume);
                if (open(volume) is { } again) await again.OpenAsync().ConfigureAwait(false);
            }
            throw;
        }
        if (to is not null) await (open(to) ?? throw Stopping()).OpenAsync().ConfigureAwait(false);
    }

    private void Move(GoneVolume gone)
    {
        var before = new VolumeFiles(options.StoreDirectory, gone.Volume, null);
        var now = new VolumeFiles(options.StoreDirectory, gone.To!, null);
        if (files.Exists(before.Record) && !files.Exists(now.Directory)) files.MoveDirectory(before.Directory, now.Directory);
        // Of another volume that has the name by now, or of none, the note says nothing.
        if (files.ReadSmall(now.Record, VolumeRecordFormat.MostBytes) is { } text && VolumeRecordFormat.TryParse(text) is { } record && record.Id == gone.Id && record.Volume == gone.Volume)
            files.ReplaceSmall(now.Record, VolumeRecordFormat.Format(record with { Volume = gone.To! }));
    }

    private void Delete(GoneVolume gone)
    {
        var before = new VolumeFiles(options.StoreDirectory, gone.Volume, null);
        if (!files.Exists(before.Directory)) return;
        byte[]? text = files.ReadSmall(before.Record, VolumeRecordFormat.MostBytes);
        if (text is not null && VolumeRecordFormat.TryParse(text) is { } record && record.Id != gone.Id) return;
        files.CreateDirectory(_deleted);
        files.MoveDirectory(before.Directory, Path.Combine(_deleted, $"{gone.Volume}-{Guid.NewGuid():N}"));
    }

    /// <summary>Whether the configuration names a place for a volume that has not begun: its directory holds nothing but the lock.</summary>
    private bool IsOnlyPlaced(ServerVolume volume)
    {
        var there = new VolumeFiles(options.StoreDirectory, volume.Name, null);
        return options.Volumes.ContainsKey(volume.Name) && volume.Record is null && files.Directories(there.Directory).Count == 0 && files.Files(there.Directory).All(f => f == Path.GetFileName(there.Lock));
    }

    /// <summary>The configuration names the places of images by volume, so it must name this one by its new name, and by that only.</summary>
    private void RequirePlace(string volume, string to, string? image)
    {
        string? now = options.Volumes.GetValueOrDefault(to)?.Image;
        if (image == now && !options.Volumes.ContainsKey(volume)) return;
        throw new MirrorControlException(image is not null
            ? $"Volume {volume}: its image is {image}, by the server's configuration, which names the volume. Write 'volume = {to}={image}' there in place of 'volume = {volume}=...' (without 'force'), restart the server, and give this command again. Image, consistent state and history stay."
            : $"Volume {volume}: its image lies in the store, and the server's configuration puts that of volume {to} at {now}. Take that line out, restart the server, and give this command again.");
    }

    private string Directory(string volume) => new VolumeFiles(options.StoreDirectory, volume, null).Directory;

    private static MirrorControlException NotBegun(string volume) => new($"Volume {volume} does not belong to a disk yet.");

    private static MirrorControlException Stopping() => new("The server is stopping.");
}
