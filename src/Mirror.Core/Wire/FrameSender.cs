namespace Mirror.Core.Wire;

/// <summary>Which side sends the frames that a reader reads.</summary>
public enum FrameSender
{
    /// <summary>The client: the reader is the server.</summary>
    Client,

    /// <summary>The server: the reader is the client.</summary>
    Server,
}
