namespace Mirror.Cli.Demo;

/// <summary>
/// What must be taken away again, last made first taken. Every step is tried, whatever became of the others; what could not be taken away is said.
/// </summary>
internal sealed class CleanUp(Action<string> say) : IAsyncDisposable
{
    private readonly Stack<(string What, Func<Task> Undo)> steps = new();

    /// <summary>Remembers how to undo something, before or right after it is done; undoing what was never done must be harmless.</summary>
    public void Add(string what, Func<Task> undo) => steps.Push((what, undo));

    /// <summary>Whether everything could be taken away.</summary>
    public bool Complete { get; private set; } = true;

    public async ValueTask DisposeAsync()
    {
        while (steps.TryPop(out var step))
        {
            try
            {
                await step.Undo();
            }
            catch (Exception e)
            {
                Complete = false;
                say($"Could not clean up {step.What}: {e.Message}");
            }
        }
    }
}
