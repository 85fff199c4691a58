using System.Net.Sockets;

namespace Mirror.Core.Control;

/// <summary>
/// Where the control sockets of this host lie: <c>/run/diskmirror</c> for root, <c>$XDG_RUNTIME_DIR/diskmirror</c> for others, or
/// what <c>DISKMIRROR_RUN</c> says. Only its owner may enter (mode 0700), and that is the whole access control of the sockets.
/// </summary>
public sealed class ControlDirectory
{
    /// <summary>The environment variable that names another directory.</summary>
    public const string Variable = "DISKMIRROR_RUN";

    /// <summary>How the names of sockets end.</summary>
    internal const string SocketSuffix = ".sock";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // sun_path of Linux, its final zero included.
    private const int MaxSocketPathBytes = 108;

    /// <summary>A directory given by name.</summary>
    public ControlDirectory(string path) => Path = System.IO.Path.GetFullPath(path);

    /// <summary>The directory's path.</summary>
    public string Path { get; }

    /// <summary>The directory that this user's commands look into.</summary>
    /// <exception cref="MirrorControlException">There is no place for it.</exception>
    public static ControlDirectory Default
    {
        get
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named) return new(named);
            if (Environment.IsPrivilegedProcess) return new("/run/diskmirror");
            if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime)
                return new(System.IO.Path.Combine(runtime, "diskmirror"));
            throw new MirrorControlException(
                $"There is no directory for control sockets: XDG_RUNTIME_DIR is not set. Run as root, or set {Variable} to a directory of your own.")
            { Failure = ControlFailure.Unreachable };
        }
    }

    /// <summary>Makes the directory if it is missing, and closes it to others.</summary>
    /// <exception cref="MirrorControlException">It cannot be made, or belongs to somebody else.</exception>
    public void Create()
    {
        try
        {
            // A link in the place of the directory could lead the sockets to where others look.
            if (new DirectoryInfo(Path).LinkTarget is { } target)
                throw new MirrorControlException($"{Path} is a symbolic link to {target}. Remove it, or set {Variable} to a directory of your own.");
            // On Windows a user's own directories are closed to others by inheritance.
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(Path);
                return;
            }
            Directory.CreateDirectory(Path, OwnerOnly);
            if (File.GetUnixFileMode(Path) != OwnerOnly) File.SetUnixFileMode(Path, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MirrorControlException($"The directory {Path} for control sockets cannot be made or is not yours: {e.Message}", e) { Failure = ControlFailure.Unreachable };
        }
    }

    /// <summary>A new socket path of this process, not yet in use.</summary>
    internal string NewSocketPath(MirrorRole kind)
    {
        string name = $"{(kind == MirrorRole.Client ? "client" : "server")}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..6]}{SocketSuffix}";
        string path = System.IO.Path.Combine(Path, name);
        // One more byte for the dot that hides a socket until it listens.
        return System.Text.Encoding.UTF8.GetByteCount(path) + 1 < MaxSocketPathBytes
            ? path
            : throw new MirrorControlException($"The path {path} is too long for a socket. Set {Variable} to a shorter one.");
    }

    /// <summary>The sockets that are there; none when the directory is not.</summary>
    internal IReadOnlyList<string> Sockets()
    {
        try
        {
            return Directory.GetFiles(Path, "*" + SocketSuffix)
                .Where(p => System.IO.Path.GetFileName(p)[0] != '.' && System.Text.Encoding.UTF8.GetByteCount(p) < MaxSocketPathBytes)
                .Order(StringComparer.Ordinal).ToArray();
        }
        catch (DirectoryNotFoundException) when (!File.Exists(Path))
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MirrorControlException($"The directory {Path} with the control sockets cannot be read: {e.Message}. Run as its owner (root for services).", e) { Failure = ControlFailure.Unreachable };
        }
    }

    /// <summary>
    /// Claims a volume for a client of this host for as long as the result is kept; the claim ends with the process.
    /// </summary>
    /// <exception cref="MirrorControlException">Another process has it.</exception>
    public IDisposable ClaimClient(string volume)
    {
        Create();
        string path = System.IO.Path.Combine(Path, $"client.{volume}.lock");
        try
        {
            // The file stays: removing it would let two processes hold locks on two files of one name.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MirrorControlException(
                $"Volume {volume} is already mirrored by a client on this host ({path}: {e.Message}). See 'diskmirror status'; end it with 'diskmirror stop {volume} --keep-tracking'.", e)
            { Failure = ControlFailure.InUse };
        }
    }

    /// <summary>Whether nobody listens on a socket any more: its process has died.</summary>
    internal static bool IsStale(SocketException e) => e.SocketErrorCode is SocketError.ConnectionRefused;
}
