namespace Mirror.Core.Fakes;

/// <summary>What a fake image was asked to do.</summary>
public enum FakeImageOperation
{
    Read,
    Write,
    Zero,
    Flush,
    Allocate,
    Delete,
    Clone,
    DropCache,
    ReplaceSmall,
    MoveDirectory,
    DeleteDirectory,
}
