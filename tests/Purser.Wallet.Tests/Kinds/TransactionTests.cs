using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Wallet.Tokens;

namespace Purser.Wallet.Tests.Kinds;

/// <summary>Transactions of the account's own, through its lane, against a real chain.</summary>
public sealed class TransactionTests : IAsyncLifetime
{
    private KindWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await KindWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_transfer_of_a_token_is_sent_once_settled_and_counted_with_what_its_gas_did_cost()
    {
        var intent = _world.Transfer("of-token", 40);
        var sent = await _world.AuthorizeAsync(intent);

        var hash = sent.Statement.ShouldBeOfType<SentTransaction>().TransactionHash.ShouldNotBeNull();
        var receipt = (await _world.Token.Chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull();
        (await _world.Wallet.GetPaymentAsync(intent.Id))!.ShouldSatisfyAllConditions(p => p.State.ShouldBe(PaymentState.Settled), p => p.TransactionHash.ShouldBe(hash));
        (await _world.BalanceAsync(KindWorld.Payee)).ShouldBe((UInt256)40UL);
        (await _world.AuthorizeAsync(intent)).ShouldBe(sent);
        (await _world.BalanceAsync(KindWorld.Payee)).ShouldBe((UInt256)40UL);
        (await _world.GasHeldAsync()).ShouldBe(receipt.GasUsed * receipt.EffectiveGasPrice);
        (await _world.EventsAsync(intent.Id)).ShouldBe("approved reserved signed sent settled");
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_transfer_of_coin_keeps_the_coins_caps()
    {
        var before = await _world.Token.Chain.GetBalanceAsync(KindWorld.Payee);
        await _world.AuthorizeAsync(_world.Transfer("of-coin", 500, _world.Coin));
        (await _world.Token.Chain.GetBalanceAsync(KindWorld.Payee)).ShouldBe(before + 500);
        (await _world.RefuseAsync(_world.Transfer("too-much", 101, _world.Coin))).Code.ShouldBe("policy_cap_per_day");
        await _world.AuthorizeAsync(_world.Transfer("the-rest", 100, _world.Coin));
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_approval_counts_as_spent_and_taking_it_back_counts_nothing()
    {
        await _world.AuthorizeAsync(_world.Approve("exact", 400));
        (await AllowanceAsync()).ShouldBe((UInt256)400UL);
        (await _world.RefuseAsync(_world.Transfer("beyond", 201))).Code.ShouldBe("policy_cap_per_day");
        await _world.AuthorizeAsync(_world.Approve("none", 0));
        (await AllowanceAsync()).ShouldBe(UInt256.Zero);
        await _world.AuthorizeAsync(_world.Transfer("within", 200));
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Malicious_calldata_from_a_coordinator()
    {
        var drain = Call("drain", [.. SimulatedToken.Selector("transferFrom(address,address,uint256)"), .. SimulatedToken.Word(_world.Account), .. SimulatedToken.Word(KindWorld.Payee), .. ((UInt256)500UL).ToBigEndian()]);
        (await _world.RefuseAsync(drain)).Kind.ShouldBe(WalletRefusalKind.Policy);

        // Allowed by the policy, and the chain says no: refused before anything is reserved.
        var mint = Call("mint", [.. SimulatedToken.Selector("mint(address,uint256)"), .. SimulatedToken.Word(_world.Account), .. ((UInt256)500UL).ToBigEndian()]);
        (await _world.RefuseAsync(mint)).Code.ShouldBe("would_revert");
        (await _world.Wallet.ListPaymentsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_account_does_not_hold_or_may_not_burn_is_refused_before_anything_is_reserved()
    {
        await _world.Mandate.EditPolicyAsync(KindWorld.Mandated(_world.Token.Asset) with { Assets = [new(_world.Token.Asset, new Wallet.Policy.Caps(PerPayment: 5000, PerDay: 5000)), new(_world.Coin, new Wallet.Policy.Caps(PerPayment: 1, PerDay: 1))] });
        (await _world.RefuseAsync(_world.Transfer("poor", 501))).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("insufficient_funds"), r => r.Kind.ShouldBe(WalletRefusalKind.InsufficientFunds));
        (await _world.RefuseAsync(_world.Transfer("little-gas", 1) with { GasCap = 22_000 })).Code.ShouldBe("gas_over_cap");
        (await _world.RefuseAsync(_world.Transfer("much-gas", 1) with { GasCap = 200_001 })).Code.ShouldBe("policy_cap_gas");
        (await _world.Wallet.ListPaymentsAsync()).ShouldBeEmpty();
        (await _world.Token.Chain.GetTransactionCountAsync(_world.Account)).ShouldBe(0UL);
    }

    [Fact]
    public async Task A_transaction_without_a_receipt_is_sent_and_reconciling_follows_it()
    {
        _world.Token.Chain.Automine = false;
        var wallet = await _world.Mandate.OpenWalletAsync(_world.Token.Chains, _world.Registry, new() { ReceiptWait = TimeSpan.Zero });
        var intent = _world.Transfer("slow", 40);
        var sent = (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.GetPaymentAsync(intent.Id))!.State.ShouldBe(PaymentState.Sent);
        (await wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Sent);
        (await wallet.ListOpenAsync()).ShouldBe([intent.Id]);

        // Neither the time nor a lost key frees its money.
        _world.Clock.Advance(TimeSpan.FromHours(20));
        _world.Mandate.Keys.Lock(_world.Account);
        (await wallet.RecoverAsync()).ShouldBe(0);
        _world.Token.Chain.Mine();
        var settled = await (await _world.Mandate.OpenWalletAsync(_world.Token.Chains, _world.Registry)).ReconcileAsync(intent.Id);
        settled.ShouldSatisfyAllConditions(p => p.State.ShouldBe(PaymentState.Settled), p => p.Statement.ShouldBe(sent.Statement));
        (await wallet.AuthorizeAsync(intent)).ShouldBe(sent);
    }

    [Fact]
    public async Task An_open_transaction_is_listed_and_cancelled_and_its_amount_comes_back()
    {
        _world.Token.Chain.Automine = false;
        var wallet = await _world.Mandate.OpenWalletAsync(_world.Token.Chains, _world.Registry, new() { ReceiptWait = TimeSpan.Zero });
        (await wallet.ListTransactionsAsync()).ShouldBeEmpty();
        var intent = _world.Transfer("unwanted", 400);
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
        var open = (await wallet.ListTransactionsAsync()).ShouldHaveSingleItem();
        (open.Chain, open.Account, open.Transaction.Key, open.Transaction.IsCancelling).ShouldBe((TestMandate.Chain, _world.Account, intent.Id, false));

        (await wallet.CancelTransactionAsync(intent.Id)).ShouldBeOfType<CancelResult.Followed>().Payment.State.ShouldBe(PaymentState.Sent);
        (await wallet.ListTransactionsAsync()).ShouldHaveSingleItem().Transaction.IsCancelling.ShouldBeTrue();
        _world.Token.Chain.Mine();
        var ended = (await wallet.CancelTransactionAsync(intent.Id)).ShouldBeOfType<CancelResult.Followed>().Payment;
        (ended.State, ended.Reason).ShouldBe((PaymentState.Failed, "the transaction was cancelled; its nonce went to one that only cost gas"));
        (await _world.BalanceAsync(KindWorld.Payee)).ShouldBe(UInt256.Zero);
        (await wallet.ListTransactionsAsync()).ShouldBeEmpty();
        (await wallet.CancelTransactionAsync(intent.Id)).ShouldBeOfType<CancelResult.Followed>().Payment.ShouldBe(ended);
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();

        // The 400 came back: 600 a day are all there again.
        _world.Token.Chain.Automine = true;
        await _world.AuthorizeAsync(_world.Transfer("wanted", 500));
        await Should.ThrowAsync<KeyNotFoundException>(() => wallet.CancelTransactionAsync("nothing-of-this-id"));
    }

    [Fact]
    public async Task A_paused_policy_signs_no_cancellation()
    {
        _world.Token.Chain.Automine = false;
        var wallet = await _world.Mandate.OpenWalletAsync(_world.Token.Chains, _world.Registry, new() { ReceiptWait = TimeSpan.Zero });
        var intent = _world.Transfer("paused", 400);
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
        await _world.Mandate.EditPolicyAsync(KindWorld.Mandated(_world.Token.Asset) with { Paused = true });
        (await wallet.CancelTransactionAsync(intent.Id)).ShouldBeOfType<CancelResult.Refused>().Reason.Code.ShouldBe("policy_paused");
        (await wallet.ListTransactionsAsync()).ShouldHaveSingleItem().Transaction.IsCancelling.ShouldBeFalse();
    }

    [Fact]
    public async Task A_transaction_that_reverts_gives_its_amount_back_and_keeps_its_gas_counted()
    {
        _world.Token.Chain.Automine = false;
        var wallet = await _world.Mandate.OpenWalletAsync(_world.Token.Chains, _world.Registry, new() { ReceiptWait = TimeSpan.Zero });
        var (first, second) = (_world.Transfer("takes-it-all", 500), _world.Transfer("finds-nothing", 100) with { GasCap = 60_000 });
        (await wallet.AuthorizeAsync(first)).ShouldBeOfType<AuthorizationResult.Authorized>();
        var sent = (await wallet.AuthorizeAsync(second)).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.AuthorizeAsync(_world.Transfer("over-the-cap", 1))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_cap_per_day");
        _world.Token.Chain.Mine();

        (await wallet.ReconcileAsync(first.Id)).State.ShouldBe(PaymentState.Settled);
        // In a block, but that block could go yet: its money is given back twelve blocks deep.
        (await wallet.ReconcileAsync(second.Id)).State.ShouldBe(PaymentState.Sent);
        _world.Mine(10);
        (await wallet.ReconcileAsync(second.Id)).State.ShouldBe(PaymentState.Sent);
        (await Recount.OfAsync(_world.Mandate.Store, _world.Mandate.Folder)).Held(_world.Token.Asset.ToString()).ShouldBe((UInt256)600UL);
        _world.Mine(1);
        var failed = await wallet.ReconcileAsync(second.Id);
        failed.State.ShouldBe(PaymentState.Failed);
        failed.Reason.ShouldNotBeNull().ShouldContain("reverted");
        (await wallet.AuthorizeAsync(second)).ShouldBe(sent);
        (await _world.EventsAsync(second.Id)).ShouldBe("approved reserved signed sent failed");
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        _world.Token.Chain.Automine = true;
        await _world.Token.Lane.SendAsync(new() { Key = "refill", To = _world.Token.Asset.Token, Data = (byte[])[.. SimulatedToken.Selector("mint(address,uint256)"), .. SimulatedToken.Word(_world.Account), .. ((UInt256)500UL).ToBigEndian()], GasCap = 200_000 });
        await _world.AuthorizeAsync(_world.Transfer("within-the-cap", 100));
    }

    [Fact]
    public async Task A_reservation_that_was_given_up_is_never_sent_whenever_its_signer_answers()
    {
        using var slow = new SlowSigner(_world.Mandate);
        // The lane's lease outlives the grace: what stops the sending is the reservation's end alone.
        var wallet = await _world.Mandate.OpenWalletAsync(_world.Token.Chains, _world.Registry, new() { LeaseDuration = TimeSpan.FromMinutes(10), ReceiptWait = TimeSpan.Zero });
        var intent = _world.Transfer("stuck", 500);
        var late = wallet.AuthorizeAsync(intent);
        await slow.Asked;
        _world.Clock.Advance(TimeSpan.FromSeconds(121));
        (await wallet.RecoverAsync()).ShouldBe(1);
        slow.Answer();

        (await late).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("payment_failed");
        (await _world.Token.Chain.GetTransactionCountAsync(_world.Account)).ShouldBe(0UL);
        (await wallet.GetPaymentAsync(intent.Id))!.ShouldSatisfyAllConditions(p => p.State.ShouldBe(PaymentState.Failed), p => p.Statement.ShouldBeNull());
        (await wallet.AuthorizeAsync(_world.Transfer("anew", 500))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Twenty_callers_with_one_id_send_one_transaction()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _world.Wallet.AuthorizeAsync(_world.Transfer("the-same", 40))));
        results.ShouldAllBe(result => result.Equals(results[0]) && result is AuthorizationResult.Authorized);
        (await _world.BalanceAsync(KindWorld.Payee)).ShouldBe((UInt256)40UL);
        (await _world.RefuseAsync(_world.Transfer("the-same", 41))).Code.ShouldBe("intent_conflict");
    }

    private ContractCallIntent Call(string id, byte[] data) =>
        new() { Id = id.PadRight(16, '_'), Account = _world.Account, Network = TestMandate.Chain, Contract = _world.Token.Asset.Token, Value = 0, Data = data, GasCap = 100_000 };

    private async Task<UInt256> AllowanceAsync() => (await new TokenContract(_world.Token.Chain, _world.Token.Asset.Token).GetAllowanceAsync(_world.Account, Permit2.Contract)).ShouldNotBeNull();
}
