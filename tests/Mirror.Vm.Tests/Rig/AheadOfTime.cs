using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Mirror.Vm.Tests.Rig;

/// <summary>
/// Compiles a program's assemblies ahead of time for the guest, where the compiler of .NET would run under emulation and take most of a
/// test's time. The compiler comes from the package source of the build; where it cannot be had, the assemblies go as they are.
/// </summary>
internal static class AheadOfTime
{
    private static readonly Lock Gate = new();

    /// <summary>A directory with the same program, compiled where possible; made once for the same content.</summary>
    public static string Compiled(string program, string cache)
    {
        lock (Gate)
        {
            if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || Compiler(cache) is not { } compiler) return program;
            string[] assemblies = [.. Directory.EnumerateFiles(program, "*.dll").Order(StringComparer.Ordinal)];
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (string file in Directory.EnumerateFiles(program).Order(StringComparer.Ordinal)) hash.AppendData(File.ReadAllBytes(file));
            string target = Path.Combine(cache, "compiled-" + Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8)));
            if (Directory.Exists(target)) return target;
            foreach (string old in Directory.EnumerateDirectories(cache, "compiled-*"))
                if (Directory.GetLastWriteTimeUtc(old) < DateTime.UtcNow.AddHours(-6)) Directory.Delete(old, recursive: true);

            string fresh = target + "." + Guid.NewGuid().ToString("N");
            Directory.CreateDirectory(fresh);
            foreach (string file in Directory.EnumerateFiles(program)) File.Copy(file, Path.Combine(fresh, Path.GetFileName(file)));
            foreach (string assembly in assemblies)
            {
                try
                {
                    HostProgram.Run(compiler, [assembly, "-o", Path.Combine(fresh, Path.GetFileName(assembly)), "-r", RuntimeEnvironment.GetRuntimeDirectory(),
                        "-r", program, "--targetos", "linux", "--targetarch", "x64", "-O"], seconds: 180);
                }
                catch (CannotRunException)
                {
                    File.Copy(assembly, Path.Combine(fresh, Path.GetFileName(assembly)), overwrite: true);
                }
            }
            Directory.Move(fresh, target);
            return target;
        }
    }

    /// <summary>The compiler that belongs to this runtime, or null.</summary>
    private static string? Compiler(string cache)
    {
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
        const string name = "microsoft.netcore.app.crossgen2.linux-x64";
        string compiler = Path.Combine(packages, name, Environment.Version.ToString(3), "tools", "crossgen2");
        if (File.Exists(compiler)) return compiler;
        string project = Path.Combine(cache, "compiler-" + Guid.NewGuid().ToString("N"));
        try
        {
            Directory.CreateDirectory(project);
            File.WriteAllText(Path.Combine(project, "compiler.csproj"),
                $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
                  <ItemGroup><PackageDownload Include="{name}" Version="[{Environment.Version.ToString(3)}]" /></ItemGroup>
                </Project>
                """);
            HostProgram.Run("dotnet", ["restore", project], project, 60);
        }
        catch (CannotRunException)
        {
            return null;
        }
        finally
        {
            Directory.Delete(project, recursive: true);
        }
        return File.Exists(compiler) ? compiler : null;
    }
}
