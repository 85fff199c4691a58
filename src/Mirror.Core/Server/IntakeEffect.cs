namespace Mirror.Core.Server;

/// <summary>What is to be done about an event.</summary>
internal enum IntakeEffect
{
    /// <summary>Nothing but what the event itself says (ALIVE).</summary>
    None,

    /// <summary>Put it into the image, in order.</summary>
    Apply,

    /// <summary>Note the mark, make it durable, answer COMMITTED.</summary>
    Mark,

    /// <summary>Hash, answer HASHES.</summary>
    Hash,

    /// <summary>Answer STATE_OK when all before is applied.</summary>
    Acknowledge,

    /// <summary>The same, and the scan, if one was unfinished, has ended.</summary>
    EndScan,

    /// <summary>Begin or go on with a scan, answer SCAN_BEGUN.</summary>
    BeginScan,

    /// <summary>Decide whether the scan may send; answer SCAN_PROCEED or refuse.</summary>
    Judge,

    /// <summary>A clean end.</summary>
    End,

    /// <summary>Not allowed here: REFUSED BadRequest, close.</summary>
    Refuse,
}
