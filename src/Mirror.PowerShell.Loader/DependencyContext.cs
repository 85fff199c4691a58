using System.Reflection;
using System.Runtime.Loader;

namespace Mirror.PowerShell.Loader;

/// <summary>Where the module's libraries live: whatever lies in <c>dependencies/</c> is taken from there, whichever version another module has loaded.</summary>
internal sealed class DependencyContext : AssemblyLoadContext
{
    private readonly string directory = Path.Combine(Path.GetDirectoryName(typeof(DependencyContext).Assembly.Location)!, "dependencies");

    private DependencyContext()
        : base("DiskMirror")
    {
    }

    /// <summary>The one of this process.</summary>
    public static DependencyContext Instance { get; } = new();

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Path.Combine(directory, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
