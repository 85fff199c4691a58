using System.Collections.Concurrent;
using Mirror.Core.Files;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>Workers that make files. A bounded number of buffers is under way; past it the reading thread waits.</summary>
internal sealed class RestoreWork : IDisposable
{
    /// <summary>Bytes of a buffer: content of a file up to this size is written by one worker at once.</summary>
    public const int BufferBytes = 512 << 10;

    private readonly BlockingCollection<byte[]> _free = [];
    private readonly BlockingCollection<Piece> _work = new(4096);
    private readonly List<Thread> _threads = [];
    private readonly ITargetFailures _failures;
    private readonly Action<RestoreJob, string> _failed;
    private readonly bool _replace;
    private int _unmade;
    private long _bytes;

    /// <param name="failures">Told what could not be set.</param>
    /// <param name="failed">Told what could not be made.</param>
    /// <param name="replace">Whether what is in the way is removed.</param>
    public RestoreWork(ITargetFailures failures, Action<RestoreJob, string> failed, bool replace)
    {
        (_failures, _failed, _replace) = (failures, failed, replace);
        int workers = Environment.ProcessorCount;
        _unmade = (4 * workers) + 8;
        for (int i = 0; i < workers; i++)
        {
            Thread thread = new(Work) { Name = $"undump write {i}", IsBackground = true };
            _threads.Add(thread);
            thread.Start();
        }
    }

    /// <summary>Bytes of content written.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>A buffer. Called by one thread.</summary>
    public byte[] Rent()
    {
        if (_free.TryTake(out byte[]? buffer)) return buffer;
        if (_unmade == 0) return _free.Take();
        _unmade--;
        return GC.AllocateUninitializedArray<byte>(BufferBytes);
    }

    /// <summary>Writes a piece of a file; the buffer comes back by itself.</summary>
    public void Write(RestoreJob job, byte[] buffer, long offset, int length)
    {
        job.AddPiece();
        _work.Add(new Piece(job, buffer, offset, length));
    }

    /// <summary>All of an inode is there; what is left to do is done by a worker.</summary>
    public void Finish(RestoreJob job) => _work.Add(new Piece(job, null, 0, 0));

    /// <summary>Waits until everything is done.</summary>
    public void Complete()
    {
        _work.CompleteAdding();
        foreach (Thread thread in _threads) thread.Join();
    }

    public void Dispose()
    {
        Complete();
        _work.Dispose();
        _free.Dispose();
    }

    /// <summary>Opens a file that is written piece by piece.</summary>
    public void Create(RestoreJob job)
    {
        try
        {
            job.File = Make(job.Names[0], d => d.Directory.Directory.CreateFile(d.Name));
        }
        catch (IOException e)
        {
            job.Failure = e.Message;
        }
    }

    private void Work()
    {
        foreach ((RestoreJob job, byte[]? buffer, long offset, int length) in _work.GetConsumingEnumerable())
        {
            if (buffer is not null)
            {
                try
                {
                    if (job.Failure is null) job.File!.Write(offset, buffer.AsSpan(0, length));
                    Interlocked.Add(ref _bytes, length);
                }
                catch (IOException e)
                {
                    job.Failure ??= e.Message;
                }
                _free.Add(buffer);
            }
            if (job.PieceDone()) End(job);
        }
    }

    private void End(RestoreJob job)
    {
        try
        {
            if (job.Failure is null) Put(job);
        }
        catch (IOException e)
        {
            job.Failure = e.Message;
        }
        job.File?.Dispose();
        if (job.Buffer is { } buffer) _free.Add(buffer);
        if (job.Failure is { } failure) _failed(job, failure);
        foreach ((DirectoryLease directory, _) in job.Names) directory.Release();
    }

    private void Put(RestoreJob job)
    {
        (DirectoryLease lease, byte[] name) = job.Names[0];
        ITargetDirectory directory = lease.Directory;
        TargetMetadata metadata = MetadataOf.Inode(job.Inode, job.Attributes);
        switch (job.Inode.Kind)
        {
            case InodeKind.File:
                job.File ??= Make(job.Names[0], d => d.Directory.Directory.CreateFile(d.Name));
                long end = 0;
                foreach ((long offset, int at, int length) in job.Pieces)
                {
                    job.File.Write(offset, job.Buffer.AsSpan(at, length));
                    Interlocked.Add(ref _bytes, length);
                    end = offset + length;
                }
                if (end != job.Inode.SizeBytes) job.File.SetLength(job.Inode.SizeBytes);
                Link(job);
                job.File.SetMetadata(metadata, _failures);
                return;
            case InodeKind.SymbolicLink:
                byte[] target = job.Buffer is null ? [] : job.Buffer.AsSpan(0, job.Length).ToArray();
                if (target.Length == 0 || target.Length != job.Inode.SizeBytes || target.Contains((byte)0)) throw new IOException("the target of this symbolic link is not in the archive");
                Make(job.Names[0], d =>
                {
                    directory.MakeSymbolicLink(name, target);
                    return true;
                });
                break;
            case InodeKind.Fifo or InodeKind.Socket or InodeKind.CharacterDevice or InodeKind.BlockDevice:
                try
                {
                    Make(job.Names[0], d =>
                    {
                        directory.MakeNode(name, job.Inode.Mode, job.Inode.DeviceMajor, job.Inode.DeviceMinor);
                        return true;
                    });
                }
                catch (IOException e) when (!Environment.IsPrivilegedProcess && job.Inode.Kind is InodeKind.CharacterDevice or InodeKind.BlockDevice)
                {
                    // Told once, like everything that takes root.
                    _failures.Add("device nodes", e.Message);
                    return;
                }
                break;
            default:
                throw new IOException($"it is of the unknown type {job.Inode.Mode >> 12}");
        }
        Link(job);
        directory.SetMetadata(name, metadata, _failures);
    }

    private void Link(RestoreJob job)
    {
        (DirectoryLease first, byte[] name) = job.Names[0];
        foreach ((DirectoryLease directory, byte[] other) in job.Names.AsSpan(1))
        {
            try
            {
                Make((directory, other), d =>
                {
                    d.Directory.Directory.MakeHardLink(d.Name, first.Directory, name);
                    return true;
                });
            }
            catch (IOException e)
            {
                _failed(job, e.Message);
            }
        }
    }

    private T Make<T>((DirectoryLease Directory, byte[] Name) place, Func<(DirectoryLease Directory, byte[] Name), T> make)
    {
        if (!_replace) return make(place);
        try
        {
            return make(place);
        }
        catch (IOException) when (place.Directory.Directory.Stat(place.Name) is { } there && there.Mode >> 12 != (int)InodeKind.Directory)
        {
            place.Directory.Directory.Remove(place.Name, directory: false);
            return make(place);
        }
    }

    /// <summary>What one worker does at once: a part of a file, or, without a buffer, what is left.</summary>
    private sealed record Piece(RestoreJob Job, byte[]? Buffer, long Offset, int Length);
}
