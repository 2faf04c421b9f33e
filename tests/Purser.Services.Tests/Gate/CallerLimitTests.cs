using Purser.Sandbox.Chain;
using Purser.Services.Gate;

namespace Purser.Services.Tests.Gate;

public sealed class CallerLimitTests
{
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    [Fact]
    public void A_burst_passes_and_then_one_for_each_interval()
    {
        var limit = new CallerLimit(new(PerMinute: 30, Burst: 2), _clock);
        limit.TryTake("a").ShouldBeNull();
        limit.TryTake("a").ShouldBeNull();
        limit.TryTake("a").ShouldBe(TimeSpan.FromSeconds(2));
        limit.TryTake("b").ShouldBeNull();
        _clock.Advance(TimeSpan.FromSeconds(2));
        limit.TryTake("a").ShouldBeNull();
        limit.TryTake("a").ShouldNotBeNull();
        _clock.Advance(TimeSpan.FromHours(1));
        limit.TryTake("a").ShouldBeNull();
        limit.TryTake("a").ShouldBeNull();
        limit.TryTake("a").ShouldNotBeNull();
    }

    [Fact]
    public void Memory_is_bounded_and_idle_callers_make_room()
    {
        var limit = new CallerLimit(new(PerMinute: 60, Burst: 1), _clock);
        for (var i = 0; i < CallerLimit.MaxCallers; i++)
        {
            limit.TryTake($"caller {i}");
        }

        limit.TryTake("one more").ShouldBe(TimeSpan.FromMinutes(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        limit.TryTake("one more").ShouldBeNull();
    }
}
