using System.Diagnostics;
using Mirror.Core.Control;
using Mirror.Core.Fakes.Control;

namespace Mirror.Core.Tests.Control;

[Collection("Alone")]
public sealed class ControlSpeedTests
{
    [Fact]
    public async Task A_hundred_volumes_behind_one_server_and_thirty_clients_answer_within_half_a_second()
    {
        await using ControlFixture fixture = new();
        fixture.Host([.. Enumerable.Range(0, 100).Select(i => new FakeMirrorRole($"v{i}", MirrorRole.Server))]);
        for (int i = 0; i < 30; i++) fixture.Host(new FakeMirrorRole($"v{i}"));
        await fixture.Client.SurveyAsync(default);
        // The best of as many as it takes: other processes may keep the machine busy for a while.
        double best = double.MaxValue;
        long deadline = Environment.TickCount64 + 60_000;
        for (int i = 0; i < 5 || best > 0.5 && Environment.TickCount64 < deadline; i++)
        {
            long before = Stopwatch.GetTimestamp();
            Assert.Equal(130, (await fixture.Client.SurveyAsync(default)).Volumes.Count);
            best = Math.Min(best, Stopwatch.GetElapsedTime(before).TotalSeconds);
        }
        Assert.InRange(best, 0, 0.5);
    }
}
