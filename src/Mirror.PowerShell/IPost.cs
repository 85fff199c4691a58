namespace Mirror.PowerShell;

/// <summary>Takes what is to be written on the pipeline's thread. Any thread may call it; it never waits.</summary>
internal interface IPost
{
    /// <summary>Queues one thing to write.</summary>
    void Post(Action<IPipeline> write);
}
