namespace Mirror.Core.Store;

/// <summary>Somebody waits for a view. Guarded by the store's lock.</summary>
/// <param name="settled">The view must be the image alone.</param>
internal sealed class ViewRequest(bool settled)
{
    /// <summary>The view must be the image alone.</summary>
    public bool Settled => settled;

    /// <summary>The view, once there is one.</summary>
    public StoreView? View { get; set; }
}
