using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Sandbox.Chain;
using Purser.Wallet.Policy;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests;

/// <summary>A payment that went out and whose outcome nobody told is open to everybody but the wallet that is presenting it: no second one is signed for the very same request.</summary>
public sealed class OpenTwinTests : IAsyncLifetime
{
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestMandate _mandate = null!;
    private SimulatedToken _token = null!;
    private LocalWallet _wallet = null!;

    public async ValueTask InitializeAsync()
    {
        _mandate = await TestMandate.CreateAsync(TestMandate.Caps(100, 1000), _clock);
        _token = await SimulatedToken.DeployAsync(_clock, _mandate.Account, 500);
        await _mandate.EditPolicyAsync(new() { Assets = [new(_token.Asset, new Caps(PerPayment: 100, PerDay: 1000))] });
        _wallet = await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _token.DisposeAsync();
        await _mandate.DisposeAsync();
        _clock.Dispose();
    }

    [Fact]
    public async Task Double_payment_after_a_crash_between_presenting_and_the_outcome()
    {
        var first = await PresentAsync(_wallet, "killed-meanwhile");
        var next = await OpenAsync();

        var refused = await RefuseAsync(next, "asked-anew");
        refused.Code.ShouldBe("payment_open");
        refused.Kind.ShouldBe(WalletRefusalKind.OpenPayment);
        refused.Hint.ShouldContain($"purser pay reconcile {first.IntentId}");
        (await next.GetPaymentAsync(Intent("asked-anew").Id)).ShouldBeNull();

        // The same header can be presented again, by anybody; that it was does not make it less open.
        (await next.BeginPresentAsync(first.IntentId)).ShouldBe(first);
        (await RefuseAsync(next, "asked-anew")).Code.ShouldBe("payment_open");

        // Not used yet and still good: it stays open.
        (await next.ReconcileAsync(first.IntentId)).State.ShouldBe(PaymentState.Sent);
        (await RefuseAsync(next, "asked-anew")).Code.ShouldBe("payment_open");
        (await _token.SettleAsync("settle-1", first.Authorization(), first.Signature())).ShouldBeOfType<LaneResult.Mined>();
        (await next.ReconcileAsync(first.IntentId)).State.ShouldBe(PaymentState.Settled);
        (await next.AuthorizeAsync(Intent("asked-anew"))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await next.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task One_wallet_buys_the_same_many_times_at_once_until_a_presentation_takes_longer_than_its_lease()
    {
        var bought = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => PresentAsync(_wallet, $"at-once-{i}")));
        bought.Select(one => one.Authorization().Nonce).Distinct().Count().ShouldBe(10);

        _clock.Advance(TimeSpan.FromMinutes(5));
        (await RefuseAsync(_wallet, "much-later")).Code.ShouldBe("payment_open");
    }

    [Fact]
    public async Task A_sellers_refusal_closes_the_presentation_that_it_answers_and_no_other()
    {
        var first = await PresentAsync(_wallet, "refused");
        await _wallet.RecordOutcomeAsync(first.IntentId, new PresentOutcome.Rejected("no such route"));
        var next = await OpenAsync();
        (await next.AuthorizeAsync(Intent("asked-anew"))).ShouldBeOfType<AuthorizationResult.Authorized>();

        // Presented again, and the process is gone: the refusal that the next one gets says nothing of that.
        (await _wallet.BeginPresentAsync(first.IntentId)).ShouldBe(first);
        (await RefuseAsync(next, "once-more")).Code.ShouldBe("payment_open");
        (await next.BeginPresentAsync(first.IntentId)).ShouldBe(first);
        await next.RecordOutcomeAsync(first.IntentId, new PresentOutcome.Rejected("no"));
        (await RefuseAsync(next, "once-more")).Code.ShouldBe("payment_open");
        (await next.Journal.VerifyAsync()).ShouldBeEmpty();
        (await Recount.OfAsync(_mandate.Store, _mandate.Folder)).Disagreements.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_payment_that_was_signed_earlier_does_not_go_out_beside_one_that_is_open()
    {
        var waiting = (await _wallet.AuthorizeAsync(Intent("never-presented"))).ShouldBeOfType<AuthorizationResult.Authorized>();
        var next = await OpenAsync();
        var open = await PresentAsync(next, "killed-meanwhile");

        (await _wallet.BeginPresentAsync(waiting.IntentId)).ShouldBeOfType<AuthorizationResult.Refused>().Reason.ShouldSatisfyAllConditions(r => r.Code.ShouldBe("payment_open"), r => r.Message.ShouldContain(open.IntentId));
        (await _wallet.GetPaymentAsync(waiting.IntentId))!.State.ShouldBe(PaymentState.Signed);
        await next.RecordOutcomeAsync(open.IntentId, new PresentOutcome.Settled(null));
        (await _wallet.BeginPresentAsync(waiting.IntentId)).ShouldBe(waiting);
    }

    [Fact]
    public async Task Clients_of_one_wallet_are_presenters_of_their_own()
    {
        var (ann, bob) = (_wallet.ForPresenter("ann-1"), _wallet.ForPresenter("bob-1"));
        await PresentAsync(ann, "anns");
        (await ann.AuthorizeAsync(Intent("anns-second"))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await RefuseAsync(bob, "bobs")).Code.ShouldBe("payment_open");
        foreach (var name in (string[])["", "*", "a b", "ä", new('a', 65)])
        {
            Should.Throw<ArgumentException>(() => _wallet.ForPresenter(name));
        }
    }

    [Fact]
    public async Task Presentation_erased_from_the_database()
    {
        await PresentAsync(_wallet, "killed-meanwhile");
        await _mandate.Store.WriteAsync(transaction => transaction.Execute("UPDATE wallet_payments SET presenter = ''"));
        (await _wallet.Journal.VerifyAsync()).ShouldHaveSingleItem().Code.ShouldBe("payment_differs");
    }

    private Task<LocalWallet> OpenAsync() => _mandate.OpenWalletAsync(_token.Chains, AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(_token.Asset)));

    private X402AuthorizationIntent Intent(string id) => _mandate.Intent(id, 10) with { Asset = _token.Asset };

    private async Task<AuthorizationResult.Authorized> PresentAsync(LocalWallet wallet, string id)
    {
        var signed = (await wallet.AuthorizeAsync(Intent(id))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.BeginPresentAsync(signed.IntentId)).ShouldBe(signed);
        return signed;
    }

    private async Task<WalletRefusal> RefuseAsync(LocalWallet wallet, string id) => (await wallet.AuthorizeAsync(Intent(id))).ShouldBeOfType<AuthorizationResult.Refused>().Reason;
}
