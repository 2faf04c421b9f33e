using Purser.Sandbox.Chain;
using Purser.Wallet.Approvals;
using Purser.Wallet.Journal;

namespace Purser.Wallet.Tests;

/// <summary>A process once ran with its clock a year ahead: the wallet stops, and a human lets it go on.</summary>
public sealed class ClockAheadTests : IAsyncLifetime
{
    private static readonly ReadOnlyMemory<char> s_secret = "a human's own words".AsMemory();

    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly SandboxClock _ahead = SandboxClock.StandingAt(new DateTimeOffset(2027, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestMandate _mandate = null!;
    private LocalWallet _wallet = null!;

    public async ValueTask InitializeAsync()
    {
        _mandate = await TestMandate.CreateAsync(TestMandate.Caps(100, 100), _clock);
        _wallet = await _mandate.OpenWalletAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _mandate.DisposeAsync();
        _clock.Dispose();
        _ahead.Dispose();
    }

    [Fact]
    public async Task Clock_a_year_ahead_stops_the_wallet_until_a_human_accepts_it_and_frees_no_budget()
    {
        await using (var other = await TestMandate.OpenAsync(_mandate.Folder, _mandate.StoreUrl, _ahead, seed: 9))
        {
            (await (await other.OpenWalletAsync()).AuthorizeAsync(_mandate.Intent("from-the-future", 60))).ShouldBeOfType<AuthorizationResult.Authorized>();
        }

        var stopped = (await _wallet.AuthorizeAsync(_mandate.Intent("stopped", 1))).ShouldBeOfType<AuthorizationResult.Refused>().Reason;
        stopped.Code.ShouldBe("clock_set_back");
        stopped.Hint.ShouldContain("purser journal clock --accept");
        var clock = await ClockAcceptance.OpenAsync(_mandate.Store, _mandate.JournalKey, _clock);
        (await clock.ReadAsync()).ShouldSatisfyAllConditions(c => c.IsStopped.ShouldBeTrue(), c => c.Behind.ShouldBe(TimeSpan.FromDays(365)));

        (await clock.AcceptAsync(await PassAsync())).ShouldBeNull();
        (await clock.ReadAsync()).ShouldSatisfyAllConditions(c => c.IsStopped.ShouldBeFalse(), c => c.Accepted.ShouldBe(TimeSpan.FromDays(365)));
        (await clock.AcceptAsync(await PassAsync())).ShouldNotBeNull().Code.ShouldBe("clock_agrees");

        // What was spent a moment ago still counts, and leaves its window after a day and not before.
        (await _wallet.AuthorizeAsync(_mandate.Intent("beyond", 41))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_cap_per_day");
        (await _wallet.AuthorizeAsync(_mandate.Intent("within", 40))).ShouldBeOfType<AuthorizationResult.Authorized>();
        _clock.Advance(TimeSpan.FromHours(23));
        (await _wallet.AuthorizeAsync(_mandate.Intent("still-beyond", 1))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_cap_per_day");
        _clock.Advance(TimeSpan.FromHours(1));
        (await _wallet.AuthorizeAsync(_mandate.Intent("a-day-later", 100))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await _wallet.Journal.ListAsync(PaymentJournal.Operator)).ShouldContain(entry => entry.Event == "clock.accepted");
        (await _wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        (await Recount.OfAsync(_mandate.Store, _mandate.Folder)).Disagreements.ShouldBeEmpty();
    }

    [Fact]
    public async Task Clock_moved_on_in_the_database_to_free_a_budget()
    {
        (await _wallet.AuthorizeAsync(_mandate.Intent("all-of-the-day", 100))).ShouldBeOfType<AuthorizationResult.Authorized>();
        await _mandate.Store.WriteAsync(transaction => transaction.Execute("UPDATE wallet_clock SET ahead = 90000000"));
        (await _wallet.Journal.VerifyAsync()).ShouldContain(finding => finding.Code == "clock_differs");
    }

    private async Task<ApproverPass> PassAsync()
    {
        var secret = await ApproverSecret.OpenAsync(_mandate.Store, _mandate.JournalKey, _clock, new SeededRandom(3), new Ethereum.ScryptCost(16, 1, 1));
        if (!await secret.IsSetAsync())
        {
            (await secret.SetAsync(s_secret)).ShouldBeNull();
        }

        return (await secret.VerifyAsync(s_secret)).ShouldBeOfType<ApproverResult.Passed>().Pass;
    }
}
