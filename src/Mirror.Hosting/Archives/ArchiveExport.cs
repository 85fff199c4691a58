using Mirror.Driver.Files;
using Mirror.Dump.Archive;
using Mirror.Dump.Archive.Writing;
using Mirror.Dump.Encryption;
using Mirror.Dump.FileSystems;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting.Archives;

/// <summary>Writes an archive for a user: what commands and cmdlets share.</summary>
public static class ArchiveExport
{
    /// <summary>Writes it.</summary>
    /// <param name="request">What and how.</param>
    /// <param name="stream">Where it goes when no file is named.</param>
    /// <param name="note">Told what an administrator should know of the source.</param>
    /// <param name="progress">Told bytes written, and an estimate of all of them uncompressed. From any thread.</param>
    /// <param name="cancellation">Stops it; nothing is left of the archive then.</param>
    /// <exception cref="UsageException">It cannot be as it was asked for.</exception>
    /// <exception cref="IOException">It could not be written, or the source cannot be read at all. What of the source is damaged else is in the result.</exception>
    public static async Task<DumpResult> RunAsync(ExportRequest request, Stream? stream, Action<string> note, Action<long, long>? progress, CancellationToken cancellation)
    {
        if (request.Level is < 0 or > 9) throw new UsageException("A level is 0 to 9.");
        if (request.BlockSize is < 1 or > 1024) throw new UsageException("A tape block has 1 to 1024 KiB.");
        if (request.IndexFile is { } there && File.Exists(there) && !request.Replace) throw new IOException($"{there} is there already. Name another file, or replace it with force.");
        string known = request.KnownAs ?? ArchiveSource.KnownAs(request.Source, request.Partition);
        DumpDates dates = DumpDates.Read(request.DatesFile ?? Path.Combine(StateFiles.DefaultDirectory, "dumpdates"));
        long? since = request.Level == 0 ? null : dates.Since(known, request.Level)
            ?? throw new IOException($"No archive of a level below {request.Level} of '{known}' is noted. Begin with level 0.");
        FileDurability durability = new();
        using IVolumeSet volumes = request.File is null
            ? new StreamVolumeSet(stream ?? throw new ArgumentNullException(nameof(stream)))
            : new FileVolumeSet(request.File, request.VolumeBytes > 0, request.Replace, durability);
        using IFileSystem fileSystem = await ArchiveSource.OpenAsync(request.Source, request.Partition, cancellation).ConfigureAwait(false);
        foreach (string said in fileSystem.Notes) note(said);
        DumpRequest dump = new()
        {
            Level = request.Level,
            Since = since,
            Label = request.Label,
            BlockRecords = request.BlockSize,
            VolumeBytes = request.VolumeBytes,
            CompressionLevel = request.CompressionLevel,
            ExcludedInodes = request.ExcludedInodes,
            FileSystemName = request.MountPoint ?? "an unlisted file system",
            DeviceName = request.Source,
            HostName = Environment.MachineName,
        };
        using ArchiveSeal? seal = ArchiveProtection.Seal(request.Recipients, request.Passphrase, dump,
            request.ShowLabel ? request.Label ?? fileSystem.Label : null, request.ShowHost ? dump.HostName : null);
        DumpResult result;
        if (request.IndexFile is { } place)
        {
            // Like the archive it has its name when it is whole. One that is replaced may be a device or a link, and is written where it is.
            string written = File.Exists(place) ? place : place + ".incomplete";
            try
            {
                using (FileStream index = new(written, FileMode.Create))
                {
                    result = ArchiveOperations.Dump(fileSystem, dump, volumes, index, seal, progress, cancellation);
                    index.Flush();
                    durability.SyncFile(index.SafeFileHandle, written);
                }
                if (written != place) File.Move(written, place);
                durability.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(place))!);
            }
            catch
            {
                if (written != place) File.Delete(written);
                throw;
            }
        }
        else
        {
            result = ArchiveOperations.Dump(fileSystem, dump, volumes, null, seal, progress, cancellation);
        }
        if (request.Record) dates.Note(known, request.Level, result.Date, durability);
        return result with { Archive = (volumes as FileVolumeSet)?.Names[0] };
    }
}
