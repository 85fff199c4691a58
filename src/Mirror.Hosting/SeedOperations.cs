using Mirror.Core.Control;
using Mirror.Core.Store;
using Mirror.Driver.Images;

namespace Mirror.Hosting;

/// <summary>
/// Puts an image that came on a disk into the store of a server of this host, for a volume that has not begun: its first scan then sends only what differs. The copy is made
/// under another name and under the volume's lock, so that a client that comes too early is told to come again.
/// </summary>
public static class SeedOperations
{
    private const int Piece = 1 << 20;

    /// <summary>Copies it.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="from">An image file, or a block device.</param>
    /// <param name="server">The server's name, store or process id; null where only one runs.</param>
    /// <param name="progress">Told the bytes read, now and then; null for none.</param>
    /// <param name="cancellation">Ends it; nothing is left.</param>
    /// <returns>Bytes of the image.</returns>
    /// <exception cref="MirrorControlException">The volume has begun, or no server runs.</exception>
    /// <exception cref="IOException">The image cannot be read, or the store not be written.</exception>
    public static async Task<long> SeedAsync(string volume, string from, string? server, IProgress<long>? progress, CancellationToken cancellation)
    {
        if (!Core.Security.VolumeName.IsValid(volume)) throw new MirrorControlException($"'{volume}' is not a volume name. {Core.Security.VolumeName.Rule}") { Failure = ControlFailure.Invalid };
        MirrorProcess process = await new ControlClient(ControlDirectory.Default).FindServerAsync(server, cancellation).ConfigureAwait(false);
        return await Task.Run(() => Copy(new ImageFiles(), new VolumeFiles(process.Place, volume, null), volume, from, progress, cancellation), cancellation).ConfigureAwait(false);
    }

    private static long Copy(ImageFiles files, VolumeFiles places, string volume, string from, IProgress<long>? progress, CancellationToken cancellation)
    {
        using FileStream source = new(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        RefuseBegun();
        files.CreateDirectory(places.Directory);
        using IDisposable held = files.Lock(places.Lock);
        RefuseBegun();
        string fresh = places.Image + ".seed";
        try
        {
            long size = 0;
            File.Delete(fresh);
            using (FileStream target = new(fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                byte[] piece = new byte[Piece];
                // A device has no length by name: it is read to its end.
                for (int got; (got = source.ReadAtLeast(piece, Piece, throwOnEndOfStream: false)) > 0; size += got)
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (piece.AsSpan(0, got).ContainsAnyExcept((byte)0)) RandomAccess.Write(target.SafeFileHandle, piece.AsSpan(0, got), size);
                    progress?.Report(size + got);
                }
                if (size == 0) throw new IOException($"{from} is empty.");
                RandomAccess.SetLength(target.SafeFileHandle, size);
                target.Flush(flushToDisk: true);
            }
            // Before the image has its name: an image without it would be refused as unknown data.
            files.ReplaceSmall(places.Seed, System.Text.Encoding.ASCII.GetBytes($"{size}\n"));
            File.Move(fresh, places.Image);
            return size;
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }

        void RefuseBegun()
        {
            if (files.Exists(places.Record) || files.Exists(places.Image))
                throw new MirrorControlException($"Volume {volume} has begun already, or was seeded: {places.Directory} holds an image. Only a volume that no client has contacted can be seeded.") { Failure = ControlFailure.InUse };
        }
    }
}
