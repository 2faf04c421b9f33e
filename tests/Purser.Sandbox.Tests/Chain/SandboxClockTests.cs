using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Tests.Chain;

public sealed class SandboxClockTests
{
    [Fact]
    public void a_standing_clock_moves_only_when_it_is_moved_and_never_back()
    {
        using var clock = SandboxClock.StandingAt(SandboxFixture.Start);
        clock.GetUtcNow().ShouldBe(SandboxFixture.Start);
        clock.Advance(TimeSpan.FromHours(1));
        clock.AdvanceTo(SandboxFixture.Start);
        clock.GetUtcNow().ShouldBe(SandboxFixture.Start.AddHours(1));
        Should.Throw<ArgumentOutOfRangeException>(() => clock.Advance(TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public void a_following_clock_keeps_its_offset()
    {
        using var followed = SandboxClock.StandingAt(SandboxFixture.Start);
        using var clock = SandboxClock.Follow(followed);
        clock.Advance(TimeSpan.FromDays(2));
        followed.Advance(TimeSpan.FromSeconds(3));
        clock.GetUtcNow().ShouldBe(SandboxFixture.Start.AddDays(2).AddSeconds(3));
        clock.GetElapsedTime(0, clock.GetTimestamp()).ShouldBe(TimeSpan.FromTicks(clock.GetUtcNow().UtcTicks));
    }

    [Fact]
    public async Task delays_on_the_clock_end_when_it_passes_them()
    {
        using var clock = SandboxClock.StandingAt(SandboxFixture.Start);
        var order = new List<int>();
        using var late = clock.CreateTimer(_ => order.Add(2), null, TimeSpan.FromMinutes(2), Timeout.InfiniteTimeSpan);
        using var early = clock.CreateTimer(_ => order.Add(1), null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
        var delay = Task.Delay(TimeSpan.FromMinutes(1), clock, CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(59));
        delay.IsCompleted.ShouldBeFalse();
        order.ShouldBeEmpty();
        clock.Advance(TimeSpan.FromMinutes(5));
        await delay;
        order.ShouldBe([1, 2]);
    }

    [Fact]
    public void a_jump_over_many_periods_fires_once()
    {
        using var clock = SandboxClock.StandingAt(SandboxFixture.Start);
        var fired = 0;
        using var timer = clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromDays(30));
        fired.ShouldBe(1);
        clock.Advance(TimeSpan.FromSeconds(1));
        fired.ShouldBe(2);
        timer.Dispose();
        clock.Advance(TimeSpan.FromDays(1));
        fired.ShouldBe(2);
    }

    [Fact]
    public void a_timer_of_a_following_clock_fires_as_the_followed_one_goes()
    {
        using var followed = SandboxClock.StandingAt(SandboxFixture.Start);
        using var clock = SandboxClock.Follow(followed);
        var fired = 0;
        using var timer = clock.CreateTimer(_ => fired++, null, TimeSpan.FromMinutes(10), Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromMinutes(9));
        fired.ShouldBe(0);
        followed.Advance(TimeSpan.FromMinutes(1));
        fired.ShouldBe(1);
    }
}
