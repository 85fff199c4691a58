using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Mirror.Dump.Tests.Encryption;

/// <summary>The real <c>age</c>, in a directory of its own.</summary>
internal sealed class StockAge : IDisposable
{
    public StockAge()
    {
        Skip.IfNot(Exists("age") && Exists("age-keygen"), "age is not on this machine (Debian package age).");
        Root = Directory.CreateTempSubdirectory("dmt-age-").FullName;
    }

    public string Root { get; }

    public string File(string name) => Path.Combine(Root, name);

    /// <summary>Runs a tool; its output must be a success within a minute.</summary>
    public string Run(string tool, params string[] arguments) => Run(tool, null, arguments);

    /// <summary>Runs age on a terminal, which it wants for a passphrase.</summary>
    public void RunWithPassphrase(string passphrase, params string[] arguments)
    {
        Skip.IfNot(Exists("script"), "script is not on this machine (Debian package bsdutils).");
        Run("script", $"{passphrase}\n{passphrase}\n", ["-qec", $"age {string.Join(' ', arguments)}", "/dev/null"]);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static string Run(string tool, string? input, string[] arguments)
    {
        var start = new ProcessStartInfo(tool, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        using Process process = Process.Start(start)!;
        // Left open where something is typed: its end would be the terminal's.
        if (input is null) process.StandardInput.Close();
        else process.StandardInput.Write(input);
        if (input is not null) process.StandardInput.Flush();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(60_000))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{tool} {string.Join(' ', arguments)} does not end. {output.Result} {error.Result}");
        }
        Assert.True(process.ExitCode == 0, $"{tool} {string.Join(' ', arguments)}: {error.Result} {output.Result}");
        return output.Result;
    }

    private static bool Exists(string tool) =>
        RuntimeInformation.IsOSPlatform(OSPlatform.Linux) && Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => System.IO.File.Exists(Path.Combine(p, tool)));
}
