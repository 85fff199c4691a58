using Mirror.Vm.Tests.Rig;

namespace Mirror.Vm.Tests;

/// <summary>Runs a guest for a test, or skips the test with the reason why it cannot be run here.</summary>
internal static class GuestTest
{
    public static async Task<GuestResult> RunAsync(string script, Dictionary<string, long> drives, int seconds, string? programs = null)
    {
        try
        {
            return await Guest.RunAsync(script, drives, seconds, programs ?? Guest.ProgramDirectory);
        }
        catch (CannotRunException e)
        {
            Skip.If(true, "no stock kernel in a virtual machine here: " + e.Message);
            throw;
        }
    }
}
