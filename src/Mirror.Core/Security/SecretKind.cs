namespace Mirror.Core.Security;

/// <summary>What a secret opens.</summary>
public enum SecretKind
{
    /// <summary>The server's: every volume's client secrets are derived from it.</summary>
    Master,

    /// <summary>A client's: one volume, one right.</summary>
    Client,
}
