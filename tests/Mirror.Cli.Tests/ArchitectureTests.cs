using System.Reflection;
using System.Runtime.InteropServices;

namespace Mirror.Cli.Tests;

/// <summary>Arrows between projects point one way (DESIGN section 1): Cli and PowerShell to Hosting, Hosting to Driver and Dump, Driver and Dump to Core, Core to nobody.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Mirror.Core"] = [],
        ["Mirror.Driver"] = ["Mirror.Core"],
        ["Mirror.Dump"] = ["Mirror.Core"],
        ["Mirror.Hosting"] = ["Mirror.Core", "Mirror.Driver", "Mirror.Dump"],
        ["diskmirror"] = ["Mirror.Core", "Mirror.Driver", "Mirror.Dump", "Mirror.Hosting"],
        ["Mirror.PowerShell"] = ["Mirror.Core", "Mirror.Driver", "Mirror.Dump", "Mirror.Hosting"],
    };

    [Fact]
    public void Assemblies_refer_only_where_arrows_point()
    {
        foreach (Assembly assembly in Ours())
        {
            string name = assembly.GetName().Name!;
            IEnumerable<string> products = assembly.GetReferencedAssemblies().Select(r => r.Name!).Where(Allowed.ContainsKey);
            Assert.All(products, r => Assert.True(Allowed[name].Contains(r), $"{name} refers to {r}"));
        }
    }

    [Fact]
    public void Core_has_no_native_code_and_no_console()
    {
        Assembly core = typeof(Core.Control.MirrorStatus).Assembly;
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        IEnumerable<string> native = core.GetTypes().SelectMany(t => t.GetMethods(all))
            .Where(m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl) || m.GetCustomAttribute<LibraryImportAttribute>() is not null)
            .Select(m => $"{m.DeclaringType}.{m.Name}");
        Assert.Empty(native);
        Assert.DoesNotContain(core.GetReferencedAssemblies(), r => r.Name is "System.Console" or "Spectre.Console" or "System.CommandLine" or "System.Management.Automation");
    }

    [Fact]
    public void Native_code_is_behind_one_door()
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        foreach (Assembly assembly in Ours().Where(a => a.GetName().Name != "Mirror.Driver"))
            Assert.DoesNotContain(assembly.GetTypes().SelectMany(t => t.GetMethods(all)), m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl));
        // The door exists: the detector detects.
        Assert.Contains(typeof(Driver.Disks.DirectDisk).Assembly.GetTypes().SelectMany(t => t.GetMethods(all)), m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl));
    }

    private static Assembly[] Ours() => [typeof(Core.Control.MirrorStatus).Assembly, typeof(Driver.Disks.DirectDisk).Assembly, typeof(Hosting.HostedMirror).Assembly, typeof(ExitCodes).Assembly];
}
