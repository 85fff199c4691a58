using System.Management.Automation;

namespace Mirror.PowerShell;

/// <summary>Where a cmdlet's results go: PowerShell's pipeline, or a test. All members are called on the pipeline's thread only.</summary>
internal interface IPipeline
{
    /// <summary>Writes a result.</summary>
    void Object(object? value);

    /// <summary>Writes a verbose line.</summary>
    void Verbose(string line);

    /// <summary>Writes a warning.</summary>
    void Warning(string line);

    /// <summary>Shows how far something is.</summary>
    /// <param name="activity">What is waited for.</param>
    /// <param name="status">One line.</param>
    /// <param name="done">Between 0 and 1; 1 takes it away.</param>
    /// <param name="secondsLeft">How long it will take; null when not known.</param>
    void Progress(string activity, string status, double done, double? secondsLeft);

    /// <summary>Writes an error; <paramref name="terminating"/> ends the cmdlet.</summary>
    void Error(Exception exception, string id, ErrorCategory category, object? target, bool terminating);

    /// <summary>Asks -WhatIf and -Confirm.</summary>
    /// <param name="target">What is changed.</param>
    /// <param name="action">What is done to it.</param>
    /// <param name="forced">The user has confirmed it beforehand: only a -WhatIf or -Confirm that was given is obeyed, not how loudly the cmdlet asks by itself.</param>
    bool ShouldProcess(string target, string action, bool forced = false);

    /// <summary>A path of the file system as the user gave it, relative to the shell's location.</summary>
    string FullPath(string path);

    /// <summary>Whether somebody watches a screen that can be redrawn.</summary>
    bool IsScreen { get; }

    /// <summary>Shows objects as a table in the place of what was shown before.</summary>
    void Redraw(IReadOnlyList<object> objects);
}
