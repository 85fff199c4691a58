using System.Text.RegularExpressions;

namespace Mirror.Vm.Tests.Rig;

/// <summary>
/// Debian's stock kernel and the few tools that the guest needs and the host may lack, from the distribution's packages: fetched by apt-get,
/// unpacked, kept in the cache, never installed.
/// </summary>
internal sealed partial class StockKernel
{
    private static readonly Lazy<StockKernel> Shared = new(() => new StockKernel());

    private StockKernel()
    {
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        Cache = Path.Combine(cache, "diskmirror-vm");
        Root = Path.Combine(Cache, "packages");
        string done = Path.Combine(Cache, "packages.done");
        if (!File.Exists(done)) Fetch(done);
        Image = Directory.EnumerateFiles(Path.Combine(Root, "boot"), "vmlinuz-*").Single();
        Version = Path.GetFileName(Image)["vmlinuz-".Length..];
    }

    /// <summary>Where things that are made once are kept.</summary>
    public string Cache { get; }

    /// <summary>The packages, unpacked.</summary>
    public string Root { get; }

    /// <summary>The kernel as the distribution boots it: it places its memory at random, unlike an extracted one.</summary>
    public string Image { get; }

    /// <summary>The kernel's release: <c>6.1.0-56-amd64</c>.</summary>
    public string Version { get; }

    /// <exception cref="CannotRunException">No packages, and none to be had.</exception>
    public static StockKernel Get() => Shared.Value;

    private void Fetch(string done)
    {
        string apt = HostProgram.Find("apt-get"), query = HostProgram.Find("apt-cache"), dpkg = HostProgram.Find("dpkg");
        string meta = Show();
        if (meta.Length == 0)
        {
            HostProgram.Run(apt, ["update"], seconds: 120);
            meta = Show();
        }
        Match kernel = KernelPackage().Match(meta);
        if (!kernel.Success) throw new CannotRunException("apt offers no linux-image-6.1 package: this is no Debian 12, or its package lists are missing");

        string fresh = Root + "." + Guid.NewGuid().ToString("N"), debs = fresh + ".debs";
        Directory.CreateDirectory(debs);
        try
        {
            try
            {
                Download();
            }
            catch (CannotRunException)
            {
                HostProgram.Run(apt, ["update"], seconds: 120); // the lists may be older than the archive
                Download();
            }
            Directory.CreateDirectory(fresh);
            foreach (string deb in Directory.EnumerateFiles(debs, "*.deb")) HostProgram.Run(dpkg, ["-x", deb, fresh]);
            if (Directory.Exists(Root)) Directory.Delete(Root, recursive: true);
            Directory.Move(fresh, Root);
            File.WriteAllText(done, kernel.Value);
        }
        finally
        {
            if (Directory.Exists(debs)) Directory.Delete(debs, recursive: true);
            if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        }

        string Show()
        {
            try
            {
                return HostProgram.Run(query, ["depends", "linux-image-amd64"]);
            }
            catch (CannotRunException)
            {
                return "";
            }
        }

        void Download() =>
            HostProgram.Run(apt, ["-q", "-o", "Acquire::Retries=2", "download", kernel.Value, "busybox-static", "mdadm", "dmsetup"], debs, 300);
    }

    [GeneratedRegex(@"linux-image-6\.1\.[0-9.-]+-(amd64|arm64)")]
    private static partial Regex KernelPackage();
}
