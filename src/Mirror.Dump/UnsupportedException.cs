namespace Mirror.Dump;

/// <summary>
/// The source may be whole, but asks for what is not done here: an unknown feature, encrypted content. The message names it.
/// It is a kind of <see cref="DamagedException"/> so that whoever reports damage and goes on does the same here.
/// </summary>
/// <param name="message">For the administrator.</param>
public sealed class UnsupportedException(string message) : DamagedException(message);
