using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Services.Gate;
using Purser.Storage;
using Purser.Testing;

namespace Purser.Services.Tests.Gate;

/// <summary>What the claims promise, on every database.</summary>
public abstract class ClaimContract : IAsyncLifetime
{
    private static readonly ReadOnlyMemory<byte> s_matter = "matter"u8.ToArray();
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly List<Store> _stores = [];
    private ulong _workers;

    protected abstract Task<StoreUrl> CreateAsync();

    private StoreUrl Url { get; set; } = null!;

    public async ValueTask InitializeAsync() => Url = await CreateAsync();

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    // Each has a worker's name of its own, as another process would.
    private async Task<StoreClaims> OpenAsync(ClaimsOptions? options = null)
    {
        var store = await Store.OpenAsync(Url, _clock);
        _stores.Add(store);
        return new StoreClaims(store, new WorkerLease(_clock, new SeededRandom(++_workers)), _clock, options ?? new ClaimsOptions());
    }

    private static ClaimRequest Request(byte key = 1, byte proof = 1, byte binding = 1, long deadAt = 2_000_000_000) =>
        new(new ClaimKey("test", Keccak256.Hash([key])), Keccak256.Hash([proof]), Keccak256.Hash([binding]), s_matter, deadAt);

    private static StoredReply Reply(string body, int status = 200) =>
        new(status, [new("Content-Type", "text/plain"), new("X-Twice", "a"), new("X-Twice", "b")], System.Text.Encoding.UTF8.GetBytes(body));

    [Fact]
    public async Task Of_many_callers_in_several_processes_exactly_one_wins()
    {
        StoreClaims[] all = [await OpenAsync(), await OpenAsync(), await OpenAsync()];
        var attempts = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => all[i % 3].TakeAsync(Request())));
        attempts.OfType<ClaimAttempt.Won>().Count().ShouldBe(1);
        attempts.OfType<ClaimAttempt.Busy>().Count().ShouldBe(29);
    }

    [Fact]
    public async Task The_way_from_claim_to_settlement_keeps_the_first_reply()
    {
        var claims = await OpenAsync();
        var won = (await claims.TakeAsync(Request())).ShouldBeOfType<ClaimAttempt.Won>();
        won.Record.State.ShouldBe(ClaimState.Claimed);
        await claims.HandleAsync(won.Hold, Reply("first", 201));
        await claims.MoveAsync(won.Hold, ClaimState.Settled, "done"u8.ToArray());
        won.Hold.Dispose();

        var done = (await (await OpenAsync()).TakeAsync(Request())).ShouldBeOfType<ClaimAttempt.Done>();
        done.Record.Reply!.Status.ShouldBe(201);
        done.Record.Reply.Body.ToArray().ShouldBe("first"u8.ToArray());
        done.Record.Reply.Headers.ShouldBe(Reply("first").Headers);
        done.Record.Outcome.ToArray().ShouldBe("done"u8.ToArray());
        done.Record.Matter.ToArray().ShouldBe(s_matter.ToArray());
    }

    [Fact]
    public async Task Another_request_or_another_proof_never_wins_nor_sees_the_reply()
    {
        var claims = await OpenAsync();
        using (var hold = ((ClaimAttempt.Won)await claims.TakeAsync(Request())).Hold)
        {
            await claims.HandleAsync(hold, Reply("first"));
            await claims.MoveAsync(hold, ClaimState.Settled, default);
        }

        (await claims.TakeAsync(Request(binding: 2))).ShouldBeOfType<ClaimAttempt.Elsewhere>();
        (await claims.TakeAsync(Request(proof: 2))).ShouldBeOfType<ClaimAttempt.Elsewhere>();
        (await claims.TakeAsync(Request(key: 2))).ShouldBeOfType<ClaimAttempt.Won>();
    }

    [Fact]
    public async Task A_released_claim_can_be_taken_for_another_request()
    {
        var claims = await OpenAsync();
        using (var hold = ((ClaimAttempt.Won)await claims.TakeAsync(Request())).Hold)
        {
            await claims.MoveAsync(hold, ClaimState.Released, default);
        }

        var won = (await claims.TakeAsync(Request(binding: 2))).ShouldBeOfType<ClaimAttempt.Won>();
        won.Record.State.ShouldBe(ClaimState.Claimed);
        won.Record.Attempt.ShouldBe(2);
        won.Record.Reply.ShouldBeNull();
    }

    [Theory]
    [InlineData(ClaimState.Claimed)]
    [InlineData(ClaimState.Handled)]
    [InlineData(ClaimState.Unknown)]
    public async Task What_a_dead_process_left_is_taken_over_where_it_stood_and_its_ghost_writes_nothing(ClaimState state)
    {
        var dead = await OpenAsync();
        var left = ((ClaimAttempt.Won)await dead.TakeAsync(Request())).Hold;
        if (state is not ClaimState.Claimed)
        {
            await dead.HandleAsync(left, Reply("kept"));
        }

        var heir = await OpenAsync();
        (await heir.TakeAsync(Request())).ShouldBeOfType<ClaimAttempt.Busy>().Finished.ShouldBeNull();
        if (state is ClaimState.Unknown)
        {
            await dead.MoveAsync(left, ClaimState.Unknown, default);
        }

        _clock.Advance(WorkerLease.Duration + TimeSpan.FromSeconds(1));
        var taken = (await heir.TakeAsync(Request())).ShouldBeOfType<ClaimAttempt.Won>();
        taken.Record.State.ShouldBe(state);
        taken.Record.Attempt.ShouldBe(2);
        (taken.Record.Reply is not null).ShouldBe(state is not ClaimState.Claimed);
        await Should.ThrowAsync<ClaimLostException>(() => dead.HandleAsync(left, Reply("ghost")));
        await Should.ThrowAsync<ClaimLostException>(() => dead.MoveAsync(left, ClaimState.Settled, default));
        (await heir.FindAsync(Request().Key))!.State.ShouldBe(state);
    }

    [Fact]
    public async Task A_process_that_gives_signs_of_life_keeps_its_work_however_long_it_takes()
    {
        var slow = await OpenAsync();
        _ = await slow.TakeAsync(Request());
        var other = await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            _clock.Advance(WorkerLease.Interval);
            await slow.BeatAsync();
            (await other.TakeAsync(Request())).ShouldBeOfType<ClaimAttempt.Busy>();
        }
    }

    [Fact]
    public async Task A_hold_that_was_let_go_without_a_word_goes_to_the_next_of_the_same_process()
    {
        var claims = await OpenAsync();
        ((ClaimAttempt.Won)await claims.TakeAsync(Request())).Hold.Dispose();
        (await claims.TakeAsync(Request())).ShouldBeOfType<ClaimAttempt.Won>().Record.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task Duplicates_of_one_process_are_told_when_the_first_is_through()
    {
        var claims = await OpenAsync();
        var hold = ((ClaimAttempt.Won)await claims.TakeAsync(Request())).Hold;
        var finished = (await claims.TakeAsync(Request())).ShouldBeOfType<ClaimAttempt.Busy>().Finished!;
        finished.IsCompleted.ShouldBeFalse();
        hold.Dispose();
        await finished;
    }

    [Fact]
    public async Task Moves_that_the_states_do_not_allow_are_bugs_and_change_nothing()
    {
        var claims = await OpenAsync();
        var hold = ((ClaimAttempt.Won)await claims.TakeAsync(Request())).Hold;
        await Should.ThrowAsync<InvalidOperationException>(() => claims.MoveAsync(hold, ClaimState.Settled, default));
        await Should.ThrowAsync<InvalidOperationException>(() => claims.MoveAsync(hold, ClaimState.Unknown, default));
        (await claims.FindAsync(Request().Key))!.State.ShouldBe(ClaimState.Claimed);
    }

    [Fact]
    public async Task Only_what_nobody_works_on_is_listed_as_abandoned()
    {
        var dead = await OpenAsync();
        foreach (var (key, state) in ((byte, ClaimState)[])[(1, ClaimState.Claimed), (2, ClaimState.Handled), (3, ClaimState.Unknown), (4, ClaimState.Settled)])
        {
            var hold = ((ClaimAttempt.Won)await dead.TakeAsync(Request(key))).Hold;
            if (state is ClaimState.Claimed)
            {
                continue;
            }

            await dead.HandleAsync(hold, Reply("kept"));
            if (state is not ClaimState.Handled)
            {
                await dead.MoveAsync(hold, state, default);
            }
        }

        var other = await OpenAsync();
        (await other.ListAbandonedAsync("test", 10)).Select(record => record.Key).ShouldBe([Request(3).Key]);
        _clock.Advance(WorkerLease.Duration + TimeSpan.FromSeconds(1));
        (await other.ListAbandonedAsync("test", 10)).Select(record => record.Key).ShouldBe([Request(2).Key, Request(3).Key], ignoreOrder: true);
        (await other.ListAbandonedAsync("else", 10)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Replies_end_with_their_age_and_claims_with_the_death_of_what_was_signed_but_never_an_unknown_one()
    {
        var claims = await OpenAsync();
        var now = _clock.GetUtcNow().ToUnixTimeSeconds();
        foreach (var (key, state) in ((byte, ClaimState)[])[(1, ClaimState.Settled), (2, ClaimState.Unknown)])
        {
            using var hold = ((ClaimAttempt.Won)await claims.TakeAsync(Request(key, deadAt: now + 300))).Hold;
            await claims.HandleAsync(hold, Reply("kept"));
            await claims.MoveAsync(hold, state, default);
        }

        (await claims.FindAsync(Request(1).Key))!.Reply.ShouldNotBeNull();
        _clock.Advance(TimeSpan.FromMinutes(6));
        (await claims.PurgeAsync("test")).ShouldBe(0);
        var aged = (await claims.FindAsync(Request(1).Key))!;
        aged.Reply.ShouldBeNull();
        aged.ReplyWasKept.ShouldBeTrue();
        (await claims.FindAsync(Request(2).Key))!.Reply.ShouldNotBeNull();

        _clock.Advance(TimeSpan.FromDays(2));
        (await claims.PurgeAsync("test")).ShouldBe(1);
        (await claims.FindAsync(Request(1).Key)).ShouldBeNull();
        (await claims.FindAsync(Request(2).Key))!.State.ShouldBe(ClaimState.Unknown);
    }

    [Fact]
    public async Task A_reply_over_the_bound_is_not_kept()
    {
        var claims = await OpenAsync(new ClaimsOptions { MaxReplyBytes = 4 });
        var hold = ((ClaimAttempt.Won)await claims.TakeAsync(Request())).Hold;
        await claims.HandleAsync(hold, Reply("12345"));
        await claims.MoveAsync(hold, ClaimState.Settled, default);
        var record = (await claims.FindAsync(Request().Key))!;
        record.Reply.ShouldBeNull();
        record.ReplyWasKept.ShouldBeFalse();
    }

    private sealed class SeededRandom(ulong seed) : IRandom
    {
        private readonly Seeded _seeded = new(seed);

        public void Fill(Span<byte> destination) => _seeded.Fill(destination);
    }
}
