using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Sandbox.Chain;
using Purser.Wallet.Policy;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests;

/// <summary>The recount agrees with a wallet that did right, and with none that did not.</summary>
public sealed class RecountTests : IAsyncLifetime
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
        _wallet = await _mandate.OpenWalletAsync(_token.Chains, AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(_token.Asset)));
    }

    public async ValueTask DisposeAsync()
    {
        await _token.DisposeAsync();
        await _mandate.DisposeAsync();
        _clock.Dispose();
    }

    [Fact]
    public async Task Journal_budgets_and_chain_agree_after_payments_of_every_end()
    {
        await PayAsync("settled", 40, settles: true);
        await PayAsync("expired", 50, settles: false);
        var highest = (await CountAsync()).HighestWithin(_token.Asset.ToString(), TimeSpan.FromDays(1));
        _clock.Advance(TimeSpan.FromHours(1));
        _token.Chain.Mine();
        (await _wallet.ReconcileAsync(Name("expired"))).State.ShouldBe(PaymentState.Expired);

        var recount = await CountAsync();
        recount.Disagreements.ShouldBeEmpty();
        recount.Intents[Name("settled")].State.ShouldBe("settled");
        highest.ShouldBe((UInt256)90UL);
        recount.HighestWithin(_token.Asset.ToString(), TimeSpan.FromDays(1)).ShouldBe((UInt256)90UL);
    }

    [Theory]
    [InlineData("UPDATE wallet_payments SET state = 'expired' WHERE intent_id LIKE 'settled%'")]
    [InlineData("UPDATE wallet_spendings SET held = 0 WHERE intent_id LIKE 'settled%'")]
    [InlineData("DELETE FROM wallet_spendings WHERE intent_id LIKE 'settled%'")]
    [InlineData("UPDATE wallet_totals SET total = @zero")]
    [InlineData("UPDATE wallet_journal SET at = at + 1 WHERE seq = 2")]
    [InlineData("DELETE FROM wallet_journal WHERE seq = 4")]
    [InlineData("DELETE FROM wallet_heads")]
    public async Task What_was_edited_disagrees(string edit)
    {
        await PayAsync("settled", 40, settles: true);
        (await CountAsync()).Disagreements.ShouldBeEmpty();
        await _mandate.Store.WriteAsync(t => t.Execute(edit, new { zero = new byte[32] }).ShouldBeGreaterThan(0));
        (await CountAsync()).Disagreements.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Money_that_moved_and_is_in_no_entry_disagrees()
    {
        await PayAsync("settled", 40, settles: true);
        var signed = await AuthorizeAsync("twice", 30);
        (await _token.SettleAsync("settle-twice", signed.Authorization(), signed.Signature())).ShouldBeOfType<LaneResult.Mined>();
        (await CountAsync()).Disagreements.ShouldBeEmpty();

        // As if the wallet had forgotten what it signed: all of the second payment's traces go, and the journal's end with them.
        await _mandate.Store.WriteAsync(t =>
        {
            t.Execute("DELETE FROM wallet_payments WHERE intent_id LIKE 'twice%'");
            t.Execute("DELETE FROM wallet_spendings WHERE intent_id LIKE 'twice%'");
            t.Execute("DELETE FROM wallet_journal WHERE intent_id LIKE 'twice%'");
        });
        (await CountAsync()).Disagreements.ShouldContain(line => line.Contains("paid 70", StringComparison.Ordinal));
    }

    private static string Name(string id) => id.PadRight(16, '_');

    private Task<Recount> CountAsync() => Recount.OfAsync(_mandate.Store, _mandate.Folder, _token.Chains);

    private async Task<AuthorizationResult.Authorized> AuthorizeAsync(string id, ulong amount) =>
        (await _wallet.AuthorizeAsync(_mandate.Intent(id, amount) with { Asset = _token.Asset, Url = $"http://127.0.0.1:4020/{id}" })).ShouldBeOfType<AuthorizationResult.Authorized>();

    private async Task PayAsync(string id, ulong amount, bool settles)
    {
        var signed = await AuthorizeAsync(id, amount);
        await _wallet.BeginPresentAsync(signed.IntentId);
        if (settles)
        {
            var mined = (await _token.SettleAsync($"settle-{id}", signed.Authorization(), signed.Signature())).ShouldBeOfType<LaneResult.Mined>();
            await _wallet.RecordOutcomeAsync(signed.IntentId, new PresentOutcome.Settled(mined.Receipt.TransactionHash));
        }
    }
}
