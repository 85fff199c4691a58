using System.Text;
using Mirror.Core.Files;

namespace Mirror.Dump.Tests.Archive;

/// <summary>A target in memory that keeps content up to a bound, and counts.</summary>
internal sealed class MemoryTarget : IRestoreTarget
{
    public Dictionary<string, byte[]> Files { get; } = [];

    public string Name => "target";

    public ITargetDirectory Root => new Place(this, "");

    public void Dispose()
    {
    }

    private sealed class Place(MemoryTarget target, string path) : ITargetDirectory
    {
        public ITargetDirectory Open(ReadOnlySpan<byte> name) => new Place(target, In(name));

        public void MakeDirectory(ReadOnlySpan<byte> name) => Check(name);

        public ITargetFile CreateFile(ReadOnlySpan<byte> name) => new Content(target, In(name));

        public ITargetFile OpenFile(ReadOnlySpan<byte> name) => throw new IOException("not there");

        public void MakeSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> to) => Keep(In(name), to.ToArray());

        public void MakeNode(ReadOnlySpan<byte> name, ushort mode, uint major, uint minor) => Check(name);

        public void MakeHardLink(ReadOnlySpan<byte> name, ITargetDirectory directory, ReadOnlySpan<byte> existing) => Check(name);

        public bool Remove(ReadOnlySpan<byte> name, bool directory) => true;

        public void Rename(ReadOnlySpan<byte> name, ITargetDirectory to, ReadOnlySpan<byte> newName) => Check(newName);

        public TargetStat? Stat(ReadOnlySpan<byte> name) => null;

        public byte[] ReadLink(ReadOnlySpan<byte> name) => [];

        public IReadOnlyList<TargetAttribute> ReadAttributes(ReadOnlySpan<byte> name) => [];

        public void SetMetadata(ReadOnlySpan<byte> name, TargetMetadata metadata, ITargetFailures failures)
        {
        }

        public void Dispose()
        {
        }

        private string In(ReadOnlySpan<byte> name)
        {
            Check(name);
            return $"{path}/{Encoding.UTF8.GetString(name)}";
        }

        /// <summary>No name may ever lead out of its directory.</summary>
        private static void Check(ReadOnlySpan<byte> name)
        {
            if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8) || name.ContainsAny((byte)'/', (byte)0)) throw new InvalidOperationException("A name that leads elsewhere came through.");
        }

        private void Keep(string at, byte[] bytes)
        {
            lock (target.Files) target.Files[at] = bytes;
        }
    }

    private sealed class Content(MemoryTarget target, string path) : ITargetFile
    {
        private const int Most = 4 << 20;
        private readonly MemoryStream _bytes = new();

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            lock (_bytes)
            {
                if (offset + bytes.Length > Most) return;
                if (_bytes.Length < offset + bytes.Length) _bytes.SetLength(offset + bytes.Length);
                _bytes.Position = offset;
                _bytes.Write(bytes);
            }
        }

        public void SetLength(long bytes) => _bytes.SetLength(Math.Min(bytes, Most));

        public int Read(long offset, Span<byte> bytes) => 0;

        public void SetMetadata(TargetMetadata metadata, ITargetFailures failures)
        {
        }

        public void Dispose()
        {
            lock (target.Files) target.Files[path] = _bytes.ToArray();
        }
    }
}
