using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace Mirror.PowerShell.Loader;

/// <summary>
/// The first thing that the module loads: from then on the cmdlets' references to our own libraries are met from <c>dependencies/</c>, in a load
/// context of their own. This assembly knows none of them, so that nothing of them is needed before it has run; it stays when the module is removed,
/// because assemblies that are loaded stay too, and a second import meets the same ones.
/// </summary>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    private const string Ours = "Mirror.";

    private static int done;

    /// <inheritdoc/>
    public void OnImport()
    {
        if (Interlocked.Exchange(ref done, 1) == 0) AssemblyLoadContext.Default.Resolving += Resolve;
    }

    // Only our own names: a library that another module misses is not found here by chance.
    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        name.Name is { } simple && simple.StartsWith(Ours, StringComparison.Ordinal) ? DependencyContext.Instance.LoadFromAssemblyName(name) : null;
}
