using System.Management.Automation;

namespace Mirror.PowerShell;

/// <summary>PowerShell's own pipeline, by way of the cmdlet that runs in it.</summary>
internal sealed class CmdletPipeline(PSCmdlet cmdlet) : IPipeline
{
    private const int ProgressId = 7410;

    /// <inheritdoc/>
    public bool IsScreen => !Console.IsOutputRedirected;

    /// <inheritdoc/>
    public void Object(object? value) => cmdlet.WriteObject(value);

    /// <inheritdoc/>
    public void Verbose(string line) => cmdlet.WriteVerbose(line);

    /// <inheritdoc/>
    public void Warning(string line) => cmdlet.WriteWarning(line);

    /// <inheritdoc/>
    public void Progress(string activity, string status, double done, double? secondsLeft)
    {
        ProgressRecord record = new(ProgressId, activity, status)
        {
            PercentComplete = (int)(100 * done),
            SecondsRemaining = secondsLeft is { } seconds ? (int)Math.Min(seconds, int.MaxValue) : -1,
            RecordType = done >= 1 ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        };
        cmdlet.WriteProgress(record);
    }

    /// <inheritdoc/>
    public void Error(Exception exception, string id, ErrorCategory category, object? target, bool terminating)
    {
        ErrorRecord record = new(exception, id, category, target);
        if (terminating) cmdlet.ThrowTerminatingError(record);
        cmdlet.WriteError(record);
    }

    /// <inheritdoc/>
    public bool ShouldProcess(string target, string action, bool forced = false) => (forced && !IsAsked) || cmdlet.ShouldProcess(target, action);

    private bool IsAsked => Given("WhatIf") || Given("Confirm") || LanguagePrimitives.IsTrue(cmdlet.GetVariableValue("WhatIfPreference"));

    private bool Given(string name) => cmdlet.MyInvocation.BoundParameters.TryGetValue(name, out object? value) && LanguagePrimitives.IsTrue(value);

    /// <inheritdoc/>
    public string FullPath(string path) => cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);

    /// <inheritdoc/>
    public void Redraw(IReadOnlyList<object> objects)
    {
        string table = string.Concat(cmdlet.InvokeCommand.InvokeScript("param($shown) $shown | Format-Table | Out-String", [objects.ToArray()]).Select(o => o.ToString()));
        // Home, each line cleared to its end, and what is below.
        Console.Out.Write("\x1b[H" + table.ReplaceLineEndings("\x1b[K\n") + "\x1b[J");
    }
}
