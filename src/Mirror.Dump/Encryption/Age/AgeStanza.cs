namespace Mirror.Dump.Encryption.Age;

/// <summary>One stanza of an age header: the file key, wrapped for one recipient.</summary>
/// <param name="Arguments">The words after <c>-&gt;</c>, the type first.</param>
/// <param name="Body">What the lines below hold.</param>
internal sealed record AgeStanza(string[] Arguments, byte[] Body)
{
    public string Type => Arguments[0];
}
