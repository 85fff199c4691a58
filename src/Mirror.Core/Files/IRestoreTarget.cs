namespace Mirror.Core.Files;

/// <summary>
/// A directory that an archive is restored into or compared with. Nothing is resolved as a path: each name is looked up in a directory that is open, and a symbolic link is
/// never followed, so that nothing outside the target can be reached.
/// </summary>
public interface IRestoreTarget : IDisposable
{
    /// <summary>Its path, for messages.</summary>
    string Name { get; }

    /// <summary>The directory itself.</summary>
    ITargetDirectory Root { get; }
}
