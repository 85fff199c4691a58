using System.Text;

namespace Mirror.Vm.Tests.Rig;

/// <summary>The modules of a kernel and what each needs, read from the modules themselves: the package's index is only made when it is installed.</summary>
internal sealed class KernelModules
{
    private readonly Dictionary<string, string> _files;

    public KernelModules(StockKernel kernel)
    {
        string directory = Path.Combine(kernel.Root, "lib/modules", kernel.Version, "kernel");
        _files = Directory.EnumerateFiles(directory, "*.ko", SearchOption.AllDirectories)
            .GroupBy(file => Name(Path.GetFileNameWithoutExtension(file))).ToDictionary(group => group.Key, group => group.First());
    }

    /// <summary>The files of these modules and all that they need, in an order in which they can be inserted. What the kernel has built in is
    /// left out.</summary>
    public List<string> Ordered(IEnumerable<string> names)
    {
        var ordered = new List<string>();
        var seen = new HashSet<string>();
        foreach (string name in names) Add(Name(name));
        return ordered;

        void Add(string name)
        {
            if (!seen.Add(name) || !_files.TryGetValue(name, out string? file)) return;
            foreach (string needed in Depends(file)) Add(needed);
            ordered.Add(file);
        }
    }

    /// <summary>The <c>depends=</c> entry of the module's information section.</summary>
    private static IEnumerable<string> Depends(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int at = bytes.AsSpan().IndexOf("\0depends="u8);
        if (at < 0) return [];
        at += "\0depends=".Length;
        int length = bytes.AsSpan(at).IndexOf((byte)0);
        return Encoding.ASCII.GetString(bytes, at, length).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Name);
    }

    private static string Name(string name) => name.Replace('-', '_');
}
