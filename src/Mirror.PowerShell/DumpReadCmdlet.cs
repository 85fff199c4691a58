using System.Management.Automation;
using Mirror.Core.Operations;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption;
using Mirror.Hosting.Archives;

namespace Mirror.PowerShell;

/// <summary>What the cmdlets that read an archive share: which one, and what opens it.</summary>
public abstract class DumpReadCmdlet : MirrorCmdlet
{
    // A result with more problems than this has them all; the error streams of a shell are for people.
    private const int MostErrors = 20;

    /// <summary>The archive: a file, the first of its volumes, or all of them in order.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    public string[] Archive { get; set; } = [];

    /// <summary>Files with age identities that open an encrypted archive.</summary>
    [Parameter]
    public string[]? IdentityPath { get; set; }

    /// <summary>A file with the passphrase that opens an encrypted archive.</summary>
    [Parameter]
    public string? PassphrasePath { get; set; }

    /// <inheritdoc/>
    private protected override object? Target => Archive.FirstOrDefault();

    /// <summary>The files, in full.</summary>
    internal string[] Files => [.. Archive.Select(Pipeline.FullPath)];

    /// <summary>What opens it; null when nothing was given.</summary>
    internal ArchiveOpener? Opener() => ArchiveProtection.Opener([.. (IdentityPath ?? []).Select(Pipeline.FullPath)], Full(PassphrasePath));

    /// <summary>Writes an error for what was damaged, lost or could not be done, each by its name.</summary>
    internal void Problems(IReadOnlyList<string> problems, object? target)
    {
        foreach (string problem in problems.Take(MostErrors)) Pipeline.Error(new IOException(PlainText.Clean(problem)), ErrorIds.Incomplete, ErrorCategory.InvalidData, target, terminating: false);
        if (problems.Count > MostErrors) Pipeline.Error(new IOException($"And {problems.Count - MostErrors} more; Problems of the result has them all."), ErrorIds.Incomplete, ErrorCategory.InvalidData, target, terminating: false);
    }

    /// <summary>Writes a result, and what is to be said about it.</summary>
    internal void Write(UndumpResult result)
    {
        Pipeline.Object(result);
        foreach (string line in result.NotSet) Pipeline.Warning(PlainText.Clean(line));
        Problems(result.Problems, result.Archive);
    }
}
