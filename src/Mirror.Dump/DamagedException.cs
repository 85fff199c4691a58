namespace Mirror.Dump;

/// <summary>
/// A file system or an archive does not hold together. The message names the source, the place (inode, block, record) and what is wrong there.
/// Readers throw nothing else for bad input; <see cref="UnsupportedException"/> is a kind of it.
/// </summary>
/// <param name="message">For the administrator.</param>
public class DamagedException(string message) : IOException(message);
