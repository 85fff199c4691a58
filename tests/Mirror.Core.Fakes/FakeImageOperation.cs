namespace Mirror.Core.Fakes;

/// <summary>What a fake image was asked to do.</summary>
public enum FakeImageOperation
{
    Read,
    Write,
    Zero,
    Flush,
    DropCache,
    ReplaceSmall,
}
