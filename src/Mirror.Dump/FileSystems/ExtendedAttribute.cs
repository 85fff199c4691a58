namespace Mirror.Dump.FileSystems;

/// <summary>An extended attribute.</summary>
/// <param name="Name">Its full name as Linux shows it (<c>user.comment</c>, <c>system.posix_acl_access</c>, <c>security.selinux</c>).</param>
/// <param name="Value">Its value as <c>getxattr</c> of a mounted file system would give it (ACLs in Linux's exchange form, version 2).</param>
public sealed record ExtendedAttribute(string Name, ReadOnlyMemory<byte> Value);
