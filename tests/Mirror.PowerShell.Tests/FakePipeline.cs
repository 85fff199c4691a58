using System.Management.Automation;

namespace Mirror.PowerShell.Tests;

/// <summary>Remembers what a cmdlet wrote, and on which thread. Says yes to whatever it is asked, unless told otherwise.</summary>
internal sealed class FakePipeline : IPipeline
{
    private readonly int thread = Environment.CurrentManagedThreadId;

    public List<object?> Objects { get; } = [];

    public List<string> Lines { get; } = [];

    public List<(string Id, ErrorCategory Category, string Message, bool Terminating)> Errors { get; } = [];

    public List<double> Dones { get; } = [];

    public List<string> Asked { get; } = [];

    /// <summary>What -WhatIf does: false.</summary>
    public bool Answer { get; init; } = true;

    /// <summary>Called at each write, for instance to stop the pipeline.</summary>
    public Action? OnWrite { get; set; }

    public bool IsScreen { get; init; }

    public int Redraws { get; private set; }

    public void Object(object? value) => Note(() => Objects.Add(value));

    public void Verbose(string line) => Note(() => Lines.Add("verbose: " + line));

    public void Warning(string line) => Note(() => Lines.Add("warning: " + line));

    public void Progress(string activity, string status, double done, double? secondsLeft) => Note(() => Dones.Add(done));

    public void Error(Exception exception, string id, ErrorCategory category, object? target, bool terminating) =>
        Note(() => Errors.Add((id, category, exception.Message, terminating)));

    public bool ShouldProcess(string target, string action, bool forced = false)
    {
        Note(() => Asked.Add($"{(forced ? "forced " : "")}{action}: {target}"));
        return Answer;
    }

    public string FullPath(string path) => Path.GetFullPath(path);

    public void Redraw(IReadOnlyList<object> objects) => Note(() => Redraws++);

    private void Note(Action note)
    {
        Assert.Equal(thread, Environment.CurrentManagedThreadId);
        note();
        OnWrite?.Invoke();
    }
}
