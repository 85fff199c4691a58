using System.Buffers.Binary;
using System.Security.Cryptography;
using Mirror.Core.Blocks;
using Mirror.Core.Wire;

namespace Mirror.Core.Store;

/// <summary>
/// The tags of the image's chunks, in a file beside it: of the image alone, without what journal and overlays hold above it. Why a tag is never that of something else than
/// what storage holds: docs/consistency.md section 13.
///
/// <para>Page 0 (4096 bytes): check 16 bytes; magic <c>DMHT</c> u32, version u32, bytes of the volume u64, bytes of a chunk u32, zero u32, the image's change stamp u64
/// (0 while the store is open). Each page after it: check 16 bytes; 32 bytes with a bit for each tag that is there, lowest first; 253 tags of 16 bytes. A check is the beginning of
/// HMAC-SHA256 with the volume's hash key over <c>DiskMirror hashes v1</c>, the page's number u64 and the rest of the page, so a page that is torn, of another volume or at
/// another place holds nothing.</para>
/// <para><see cref="_lock"/> guards everything and is held over reading and writing this file, which is short and small. In memory: one page, and four bits a chunk at most.</para>
/// </summary>
internal sealed class TagFile : IDisposable
{
    private const int PageBytes = 4096, CheckBytes = 16, BitBytes = 32, TagBytes = WireLimits.TagBytes;
    private const int FirstTag = CheckBytes + BitBytes, PageTags = (PageBytes - FirstTag) / TagBytes;
    private const uint Magic = 0x54484D44;  // "DMHT"
    private const uint Version = 1;

    private readonly object _lock = new();
    private readonly IImageFile _file;
    private readonly byte[] _key;
    private readonly long _volumeBytes;
    private readonly int _chunkBytes;
    private readonly HierarchicalBitmap _there;     // the file may have the tag, or the page in memory has it
    private readonly HierarchicalBitmap _written;   // the image was written there since its last fdatasync
    private readonly List<TagTicket> _tickets = [];
    private readonly byte[] _page = new byte[PageBytes];
    private HierarchicalBitmap _young;              // written in this round of refreshing
    private HierarchicalBitmap _younger;            // written in the round before
    private long _number;                           // of the page in memory; 0 for none
    private bool _changed;                          // it is newer than the file
    private bool _broken;                           // the file could not be written: nothing is known any more

    private TagFile(IImageFile file, byte[] key, long volumeBytes, int chunkBytes)
    {
        _file = file;
        _key = key;
        _volumeBytes = volumeBytes;
        _chunkBytes = chunkBytes;
        Chunks = (volumeBytes + chunkBytes - 1) / chunkBytes;
        _there = new HierarchicalBitmap(Chunks);
        _written = new HierarchicalBitmap(Chunks);
        _young = new HierarchicalBitmap(Chunks);
        _younger = new HierarchicalBitmap(Chunks);
    }

    /// <summary>Chunks of the volume.</summary>
    public long Chunks { get; }

    /// <summary>Bytes of a chunk; the last may have fewer.</summary>
    public int ChunkBytes => _chunkBytes;

    /// <summary>Bytes of the volume.</summary>
    public long VolumeBytes => _volumeBytes;

    private long Pages => (Chunks + PageTags - 1) / PageTags;

    /// <summary>Opens the file, or makes it. On return it says, durably, that the store is open.</summary>
    /// <param name="files">The store's files.</param>
    /// <param name="path">Its path.</param>
    /// <param name="image">The image.</param>
    /// <param name="believe">Whether what it holds may be believed: the image moves only between consistent marks, and has done so since the tags were made.</param>
    /// <param name="volumeBytes">Bytes of the volume.</param>
    /// <param name="options">The hash key, and the size of a chunk.</param>
    public static TagFile Open(IImageFiles files, string path, IImageFile image, bool believe, long volumeBytes, StoreOptions options)
    {
        IImageFile file = files.Open(path, ImageOpenMode.NewForced);
        try
        {
            var tags = new TagFile(file, options.HashKey ?? new byte[Bytes32.Size], volumeBytes, options.ChunkBytes);
            if (!believe || !tags.TryLoad(image)) tags.Reset();
            return tags;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The tag of the image's chunk, if it is known.</summary>
    public bool TryGet(long chunk, Span<byte> tag)
    {
        lock (_lock)
        {
            if (_broken || !_there.Contains(chunk) || _written.Contains(chunk)) return false;
            try
            {
                (long page, int slot) = Place(chunk);
                Show(page);
                if (!HasBit(slot)) return false;
                Slot(slot).CopyTo(tag);
                return true;
            }
            catch (IOException)
            {
                Break();
                return false;
            }
        }
    }

    /// <summary>See <see cref="IChunkTags.Begin"/>.</summary>
    public TagTicket? Begin(long chunk)
    {
        lock (_lock)
        {
            if (_broken || _written.Contains(chunk)) return null;
            var ticket = new TagTicket(chunk);
            _tickets.Add(ticket);
            return ticket;
        }
    }

    /// <summary>See <see cref="IChunkTags.End"/>.</summary>
    public void End(TagTicket ticket, ReadOnlySpan<byte> tag)
    {
        lock (_lock)
        {
            _tickets.Remove(ticket);
            if (tag.IsEmpty || ticket.Spoiled || _broken) return;
            try
            {
                (long page, int slot) = Place(ticket.Chunk);
                Show(page);
                if (HasBit(slot) && tag.SequenceEqual(Slot(slot))) return;
                tag.CopyTo(Slot(slot));
                SetBit(slot, true);
                _changed = true;
                _there.Add(ticket.Chunk);
            }
            catch (IOException)
            {
                Break();    // it is a cache
            }
        }
    }

    /// <summary>The image is going to be changed there. Must be said before.</summary>
    public void Writing(long offset, long length)
    {
        if (length <= 0) return;
        long first = offset / _chunkBytes, count = (offset + length - 1) / _chunkBytes - first + 1;
        lock (_lock)
        {
            _written.Add(first, count);
            _young.Add(first, count);
            foreach (TagTicket ticket in _tickets) ticket.Spoiled |= ticket.Chunk >= first && ticket.Chunk < first + count;
        }
    }

    /// <summary>
    /// The image's fdatasync is done, and nothing has been written to it since it began: takes the tags of what was written before it off storage, and returns when they are.
    /// Only then may that be forgotten of which a crash would make the same writes again.
    /// </summary>
    public void Flushed()
    {
        lock (_lock)
        {
            bool voided = false;
            for (long chunk = _written.Next(0); chunk >= 0; chunk = _written.Next(chunk + 1))
            {
                if (!_there.Contains(chunk)) continue;
                (long page, int slot) = Place(chunk);
                Show(page);
                if (!HasBit(slot)) continue;
                SetBit(slot, false);
                _changed = voided = true;
            }
            Put();
            if (voided) _file.Flush();
            for (long chunk = _written.Next(0); chunk >= 0; chunk = _written.Next(chunk + 1)) _there.Remove(chunk);
            _written.Clear();
        }
    }

    /// <summary>The next chunk from <paramref name="from"/> on, before <paramref name="end"/>, that has no tag and has been quiet for a round; -1 for none.</summary>
    public long NextMissing(long from, long end)
    {
        lock (_lock)
        {
            if (_broken) return -1;
            for (long chunk = from; chunk < end; chunk++)
            {
                if (!_there.Contains(chunk) && !_young.Contains(chunk) && !_younger.Contains(chunk)) return chunk;
            }
            return -1;
        }
    }

    /// <summary>A round of refreshing has ended.</summary>
    public void EndRound()
    {
        lock (_lock)
        {
            (_younger, _young) = (_young, _younger);
            _young.Clear();
            if (_broken) return;
            try
            {
                Put();
            }
            catch (IOException)
            {
                Break();
            }
        }
    }

    /// <summary>The store is closed whole: nobody changes the image from here on who is not seen by its change stamp.</summary>
    /// <param name="image">The image, all of it on stable storage.</param>
    public void Close(IImageFile image)
    {
        lock (_lock)
        {
            if (_broken || !_written.IsEmpty) return;
            try
            {
                Put();
                _file.Flush();
                PutHead(image.ChangeStamp);
                _file.Flush();
            }
            catch (IOException)
            {
                Break();
            }
        }
    }

    /// <summary>Throws away what memory claims of the file.</summary>
    public void DropCache() => _file.DropCache();

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock) Break();   // whoever still hashes comes too late
        _file.Dispose();
    }

    // ---- the file

    private bool TryLoad(IImageFile image)
    {
        try
        {
            return Load(image);
        }
        catch (IOException)
        {
            return false;   // it begins anew, and must be writable for that
        }
    }

    private bool Load(IImageFile image)
    {
        if (_file.SizeBytes != (1 + Pages) * PageBytes) return false;
        _file.Read(0, _page);
        if (!IsWhole(0) || BinaryPrimitives.ReadUInt32LittleEndian(Head(0)) != Magic || BinaryPrimitives.ReadUInt32LittleEndian(Head(4)) != Version ||
            BinaryPrimitives.ReadInt64LittleEndian(Head(8)) != _volumeBytes || BinaryPrimitives.ReadInt32LittleEndian(Head(16)) != _chunkBytes) return false;
        long stamp = BinaryPrimitives.ReadInt64LittleEndian(Head(24));
        if (stamp != 0)
        {
            if (stamp != image.ChangeStamp) return false;
            PutHead(0);
            _file.Flush();
        }
        for (_number = 1; _number <= Pages; _number++)
        {
            _file.Read(_number * PageBytes, _page);
            if (!IsWhole(_number))
            {
                // Never written, or torn: it is made empty before anything of it counts.
                if (!_page.AsSpan().ContainsAnyExcept((byte)0)) continue;
                _page.AsSpan().Clear();
                _changed = true;
                Put();
                continue;
            }
            for (int slot = 0; slot < PageTags; slot++)
            {
                long chunk = (_number - 1) * PageTags + slot;
                if (HasBit(slot) && chunk < Chunks) _there.Add(chunk);
            }
        }
        _number = 0;
        return true;
    }

    private void Reset()
    {
        _number = 0;
        _there.Clear();
        _file.SetSize(0);
        _file.SetSize((1 + Pages) * PageBytes);
        PutHead(0);
        _file.Flush();
    }

    private void PutHead(long stamp)
    {
        Put();
        _number = 0;
        _page.AsSpan().Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(Head(0), Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(Head(4), Version);
        BinaryPrimitives.WriteInt64LittleEndian(Head(8), _volumeBytes);
        BinaryPrimitives.WriteInt32LittleEndian(Head(16), _chunkBytes);
        BinaryPrimitives.WriteInt64LittleEndian(Head(24), stamp);
        Check(0, _page);
        _file.Write(0, _page);
    }

    /// <summary>Brings a page into memory.</summary>
    private void Show(long number)
    {
        if (_number == number) return;
        Put();
        _number = 0;
        _file.Read(number * PageBytes, _page);
        if (!IsWhole(number)) _page.AsSpan().Clear();
        _number = number;
    }

    /// <summary>Writes the page in memory if it is newer than the file.</summary>
    private void Put()
    {
        if (!_changed) return;
        Check(_number, _page);
        _file.Write(_number * PageBytes, _page);
        _changed = false;
    }

    /// <summary>The file cannot be read or written. Tags are still taken off it, and the store fails if they cannot be: it must not say later what is not so.</summary>
    private void Break()
    {
        _broken = true;
        _number = 0;
        _changed = false;
    }

    private static (long Page, int Slot) Place(long chunk) => (1 + chunk / PageTags, (int)(chunk % PageTags));

    private Span<byte> Head(int at) => _page.AsSpan(CheckBytes + at);

    private Span<byte> Slot(int slot) => _page.AsSpan(FirstTag + slot * TagBytes, TagBytes);

    private bool HasBit(int slot) => (_page[CheckBytes + (slot >> 3)] >> (slot & 7) & 1) != 0;

    private void SetBit(int slot, bool on)
    {
        ref byte bits = ref _page[CheckBytes + (slot >> 3)];
        bits = (byte)(on ? bits | 1 << (slot & 7) : bits & ~(1 << (slot & 7)));
    }

    private bool IsWhole(long number)
    {
        Span<byte> check = stackalloc byte[CheckBytes];
        Check(number, _page, check);
        return check.SequenceEqual(_page.AsSpan(0, CheckBytes));
    }

    private void Check(long number, byte[] page) => Check(number, page, page.AsSpan(0, CheckBytes));

    private void Check(long number, byte[] page, Span<byte> check)
    {
        Span<byte> place = stackalloc byte[sizeof(long)], whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64LittleEndian(place, number);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData("DiskMirror hashes v1"u8);
        hmac.AppendData(place);
        hmac.AppendData(page.AsSpan(CheckBytes));
        hmac.GetHashAndReset(whole);
        whole[..CheckBytes].CopyTo(check);
    }
}
