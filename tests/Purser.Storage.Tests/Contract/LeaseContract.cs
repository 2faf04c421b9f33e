namespace Purser.Storage.Tests.Contract;

/// <summary>One holder at a time, and a stale one can never write.</summary>
public abstract class LeaseContract<TDatabase> : StoreContract<TDatabase>
    where TDatabase : TestDatabase, new()
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Of_many_that_ask_at_once_one_gets_the_lease()
    {
        var other = await OpenAnotherAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i =>
            (i % 2 == 0 ? Store : other).Leases.TryAcquireAsync("lane", $"o{i}", s_minute, Cancellation)));

        var lease = answers.ShouldHaveSingleItemThatIsNotNull();
        lease.Token.ShouldBe(1);
        lease.ExpiresAt.ShouldBe(Clock.GetUtcNow() + s_minute);
    }

    [Fact]
    public async Task A_held_lease_is_not_given_even_to_its_owner_and_other_names_are_free()
    {
        (await Store.Leases.TryAcquireAsync("lane", "me", s_minute, Cancellation)).ShouldNotBeNull();
        (await Store.Leases.TryAcquireAsync("lane", "me", s_minute, Cancellation)).ShouldBeNull();
        (await Store.Leases.TryAcquireAsync("other lane", "me", s_minute, Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Tokens_rise_over_expiry_release_and_reopening()
    {
        var tokens = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            var lease = (await Store.Leases.TryAcquireAsync("lane", "me", s_minute, Cancellation)).ShouldNotBeNull();
            tokens.Add(lease.Token);
            (await Store.Leases.ReleaseAsync(lease, Cancellation)).ShouldBeTrue();
            (await Store.Leases.ReleaseAsync(lease, Cancellation)).ShouldBeFalse();
            tokens.Add((await Store.Leases.TryAcquireAsync("lane", "me", s_minute, Cancellation)).ShouldNotBeNull().Token);
            Clock.Advance(s_minute);
        }

        var other = await OpenAnotherAsync();
        tokens.Add((await other.Leases.TryAcquireAsync("lane", "me", s_minute, Cancellation)).ShouldNotBeNull().Token);
        tokens.ShouldBe([1, 2, 3, 4, 5, 6, 7]);
    }

    [Fact]
    public async Task A_lease_lives_to_its_last_millisecond_and_not_beyond()
    {
        var lease = (await Store.Leases.TryAcquireAsync("lane", "a", s_minute, Cancellation)).ShouldNotBeNull();

        Clock.Advance(s_minute - TimeSpan.FromMilliseconds(1));
        await Guarded(Store, lease, 1);
        (await Store.Leases.TryAcquireAsync("lane", "b", s_minute, Cancellation)).ShouldBeNull();

        Clock.Advance(TimeSpan.FromMilliseconds(1));
        await Should.ThrowAsync<LeaseLostException>(() => Guarded(Store, lease, 2));
        (await Store.Leases.TryRenewAsync(lease, s_minute, Cancellation)).ShouldBeNull();
        (await Store.Leases.TryAcquireAsync("lane", "b", s_minute, Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Renewal_keeps_the_token_and_moves_the_end()
    {
        var lease = (await Store.Leases.TryAcquireAsync("lane", "a", s_minute, Cancellation)).ShouldNotBeNull();
        Clock.Advance(s_minute / 2);
        var renewed = (await Store.Leases.TryRenewAsync(lease, s_minute, Cancellation)).ShouldNotBeNull();

        renewed.ShouldBe(lease with { ExpiresAt = Clock.GetUtcNow() + s_minute });
        Clock.Advance(s_minute / 2 + TimeSpan.FromSeconds(1));

        // The record is only a handle: the row counts, so the older copy of the same token is as good.
        await Guarded(Store, lease, 1);
    }

    [Fact]
    public async Task A_stale_holder_cannot_write_renew_or_release_beside_its_successor()
    {
        var other = await OpenAnotherAsync();
        var stale = (await Store.Leases.TryAcquireAsync("lane", "a", s_minute, Cancellation)).ShouldNotBeNull();
        Clock.Advance(s_minute);
        var current = (await other.Leases.TryAcquireAsync("lane", "b", s_minute, Cancellation)).ShouldNotBeNull();

        var lost = await Should.ThrowAsync<LeaseLostException>(() => Guarded(Store, stale, 666));
        lost.LeaseName.ShouldBe("lane");
        lost.Token.ShouldBe(stale.Token);
        lost.Code.ShouldBe(StorageCodes.LeaseLost);
        (await Store.Leases.TryRenewAsync(stale, s_minute, Cancellation)).ShouldBeNull();
        (await Store.Leases.ReleaseAsync(stale, Cancellation)).ShouldBeFalse();
        await Guarded(other, current, 1);
        (await Store.ReadAsync(r => TestTables.Get(r, "guarded"), Cancellation)).ShouldBe(1);
    }

    [Fact]
    public async Task A_forged_token_is_not_held()
    {
        var lease = (await Store.Leases.TryAcquireAsync("lane", "a", s_minute, Cancellation)).ShouldNotBeNull();

        await Should.ThrowAsync<LeaseLostException>(() => Guarded(Store, lease with { Token = lease.Token + 1 }, 1));
        await Should.ThrowAsync<LeaseLostException>(() => Guarded(Store, lease with { Name = "never acquired" }, 1));
    }

    [Fact]
    public async Task Nobody_acquires_between_the_check_and_the_commit_of_a_guarded_write()
    {
        var other = await OpenAnotherAsync();
        var lease = (await Store.Leases.TryAcquireAsync("lane", "a", s_minute, Cancellation)).ShouldNotBeNull();
        using var halfway = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();

        var guarded = Store.WriteAsync(
            t =>
            {
                Store.Leases.EnsureHeld(t, lease);
                halfway.Set();
                go.Wait(Cancellation);
                TestTables.Put(t, "guarded", 1);
            },
            Cancellation);
        halfway.Wait(Cancellation);
        Clock.Advance(s_minute);
        var acquired = other.Leases.TryAcquireAsync("lane", "b", s_minute, Cancellation);
        for (var i = 0; i < 20; i++)
        {
            (await other.ReadAsync(r => TestTables.Get(r, "guarded"), Cancellation)).ShouldBeNull();
        }

        // The lease is void by the clock, but its row is locked by the write that was let in: the successor waits for it.
        acquired.IsCompleted.ShouldBeFalse();
        go.Set();
        await guarded;
        (await acquired).ShouldNotBeNull().Token.ShouldBe(2);
        (await other.ReadAsync(r => TestTables.Get(r, "guarded"), Cancellation)).ShouldBe(1);
    }

    [Theory]
    [InlineData("", "me", 1000)]
    [InlineData("lane", "", 1000)]
    [InlineData("lane", "me", 0)]
    [InlineData("lane", "me", -5)]
    [InlineData("lane", "me", 86_400_001)]
    public async Task Names_and_durations_out_of_bounds_are_refused(string name, string owner, int milliseconds)
    {
        await Should.ThrowAsync<ArgumentException>(() => Store.Leases.TryAcquireAsync(name, owner, TimeSpan.FromMilliseconds(milliseconds), Cancellation));
    }

    private static Task Guarded(Store store, Lease lease, long value) => store.WriteAsync(
        t =>
        {
            store.Leases.EnsureHeld(t, lease);
            TestTables.Put(t, "guarded", value);
        },
        Cancellation);
}

internal static class LeaseAnswers
{
    public static Lease ShouldHaveSingleItemThatIsNotNull(this IEnumerable<Lease?> answers) =>
        answers.Where(a => a is not null).ShouldHaveSingleItem()!;
}
