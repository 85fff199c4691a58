using Mirror.Core.Control;

namespace Mirror.Core.Operations;

/// <summary>The survey that several <see cref="LiveStatus"/> share. Any thread may ask; one at a time is waited for.</summary>
internal sealed class LiveSurvey(ControlClient client, ControlSurvey first)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private ControlSurvey survey = first;             // guarded by gate
    private long taken = Environment.TickCount64;     // guarded by gate

    /// <summary>The end that <paramref name="known"/> was, as it is now; null when it does not run any more.</summary>
    public MirrorStatus? Find(MirrorStatus known)
    {
        lock (gate)
        {
            if (Environment.TickCount64 - taken > Fresh.TotalMilliseconds)
            {
                try
                {
                    survey = Task.Run(() => client.SurveyAsync(CancellationToken.None)).GetAwaiter().GetResult();
                }
                catch (MirrorControlException)
                {
                    // A look at a property does not fail; what was seen stays.
                }
                taken = Environment.TickCount64;
            }
            return survey.Volumes.FirstOrDefault(v => v.Volume == known.Volume && v.Role == known.Role && v.Pid == known.Pid)
                ?? survey.Volumes.FirstOrDefault(v => v.Volume == known.Volume && v.Role == known.Role);
        }
    }
}
