using Mirror.Core.Server;

namespace Mirror.Core.Tests.Server;

public sealed class ScanGuardTests
{
    [Theory]
    [InlineData(0, 0, 0, true)]         // an empty image
    [InlineData(1, 0, 100, false)]      // a client that contradicts itself
    [InlineData(20, 100, 1000, true)]
    [InlineData(21, 100, 1000, false)]
    [InlineData(20, 1000, 50, false)]   // counted more than the storage holds
    [InlineData(10, 1000, 50, true)]
    [InlineData(long.MaxValue, long.MaxValue, long.MaxValue, false)]
    public void A_fifth_of_what_is_not_zero_is_the_most(long changed, long nonZero, long most, bool allowed) =>
        Assert.Equal(allowed, ScanGuard.Allows(changed, nonZero, most));
}
