namespace Mirror.Core.Operations;

/// <summary>Text that came from elsewhere (a peer, a disk's label), made safe for a terminal.</summary>
public static class PlainText
{
    /// <summary>One line without control characters: no text from a peer moves the cursor or colours the screen.</summary>
    public static string Clean(string text) => string.Create(text.Length, text, static (span, from) =>
    {
        for (int i = 0; i < span.Length; i++) span[i] = char.IsControl(from[i]) ? ' ' : from[i];
    });
}
