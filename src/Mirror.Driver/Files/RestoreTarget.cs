using System.Text;
using Mirror.Core.Files;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Files;

/// <summary>A directory of this host as a target.</summary>
public sealed unsafe class RestoreTarget : IRestoreTarget
{
    private readonly TargetDirectory _root;

    private RestoreTarget(string path, DescriptorHandle handle)
    {
        Name = path;
        _root = new TargetDirectory(handle, path);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ITargetDirectory Root => _root;

    /// <summary>Opens a directory. The path itself is the administrator's, so links in it are followed.</summary>
    /// <param name="path">Where.</param>
    /// <param name="create">Whether it is made when it is not there.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static RestoreTarget Open(string path, bool create)
    {
        if (create) Directory.CreateDirectory(path);
        byte[] text = Encoding.UTF8.GetBytes(Path.GetFullPath(path) + '\0');
        const int current = -100;
        fixed (byte* name = text)
        {
            int descriptor = FileNative.OpenAt(current, name, FileNative.ReadOnly | FileNative.Directory | FileNative.CloseOnExec, 0);
            return descriptor >= 0 ? new RestoreTarget(path, new DescriptorHandle(descriptor)) : throw NativeError.Last($"{path} could not be opened");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();
}
