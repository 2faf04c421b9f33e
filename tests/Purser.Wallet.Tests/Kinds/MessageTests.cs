using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests.Kinds;

/// <summary>Kinds that leave as signatures: Permit2 payments and sign-in messages.</summary>
public sealed class MessageTests : IAsyncLifetime
{
    private KindWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await KindWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_payment_by_Permit2_needs_an_allowance_is_settled_by_the_proxy_and_found_on_the_chain()
    {
        var intent = _world.Permit("by-permit", 40);
        (await _world.RefuseAsync(intent)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("permit2_allowance_required"), r => r.Hint.ShouldContain("approve"));
        await _world.AuthorizeAsync(_world.Approve("for-permit2", 90));

        var signed = await _world.AuthorizeAsync(intent);
        var statement = signed.Statement.ShouldBeOfType<SignedPermit2>();
        Permit2.TryRecover(statement.Permit, TestMandate.Chain, statement.Signature, out var by).ShouldBeTrue();
        by.ShouldBe(_world.Account);
        (await _world.Wallet.BeginPresentAsync(intent.Id)).ShouldBe(signed);
        (await _world.Wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Sent);

        var mined = (await _world.Token.SettleAsync("settle", statement.Permit, statement.Signature)).ShouldBeOfType<LaneResult.Mined>();
        (await _world.BalanceAsync(KindWorld.Payee)).ShouldBe((UInt256)40UL);
        (await _world.Wallet.ReconcileAsync(intent.Id)).ShouldSatisfyAllConditions(p => p.State.ShouldBe(PaymentState.Settled), p => p.TransactionHash.ShouldBe(mined.Receipt.TransactionHash));

        // An equal payment has a transaction of its own.
        var second = await _world.AuthorizeAsync(_world.Permit("by-permit-again", 40));
        var other = (SignedPermit2)second.Statement;
        var again = (await _world.Token.SettleAsync("settle-again", other.Permit, other.Signature)).ShouldBeOfType<LaneResult.Mined>();
        (await _world.Wallet.ReconcileAsync(second.IntentId)).TransactionHash.ShouldBe(again.Receipt.TransactionHash);
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unused_permit_expires_only_after_its_deadline_by_the_chains_clock()
    {
        await _world.AuthorizeAsync(_world.Approve("for-permit2", 90));
        var signed = await _world.AuthorizeAsync(_world.Permit("unused", 90));
        _world.Clock.Advance(TimeSpan.FromSeconds(359));
        _world.Token.Chain.Mine();
        (await _world.Wallet.ReconcileAsync(signed.IntentId)).State.ShouldBe(PaymentState.Signed);
        _world.Clock.Advance(TimeSpan.FromSeconds(2));
        _world.Token.Chain.Mine();
        (await _world.Wallet.ReconcileAsync(signed.IntentId)).State.ShouldBe(PaymentState.Expired);
        var late = (SignedPermit2)signed.Statement;
        (await _world.Token.SettleAsync("late", late.Permit, late.Signature)).ShouldBeOfType<LaneResult.Refused>().Code.ShouldBe("would_revert");
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_nonce_that_the_payer_took_out_of_use_frees_the_money()
    {
        await _world.AuthorizeAsync(_world.Approve("for-permit2", 90));
        var signed = await _world.AuthorizeAsync(_world.Permit("cancelled", 90));
        var nonce = ((SignedPermit2)signed.Statement).Permit.Nonce;
        using var signer = new SlowSigner(_world.Mandate);
        signer.Answer();
        using var lane = await NonceLane.OpenAsync(_world.Mandate.Store, _world.Token.Chain, TestMandate.Chain, signer, _world.Clock);
        byte[] data = [.. SimulatedToken.Selector("invalidateUnorderedNonces(uint256,uint256)"), .. (nonce >> 8).ToBigEndian(), .. (UInt256.One << (int)(nonce.ToBigEndian()[31])).ToBigEndian()];
        (await lane.SendAsync(new() { Key = "cancel", To = Permit2.Contract, Data = data, GasCap = 100_000 })).ShouldBeOfType<LaneResult.Mined>();

        (await _world.Wallet.ReconcileAsync(signed.IntentId)).State.ShouldBe(PaymentState.Signed, "the block that cancelled it could go yet");
        _world.Mine(11);
        (await _world.Wallet.ReconcileAsync(signed.IntentId)).ShouldSatisfyAllConditions(p => p.State.ShouldBe(PaymentState.Expired), p => p.Reason.ShouldNotBeNull().ShouldContain("cancelled"));
    }

    [Fact]
    public async Task A_permit_and_an_authorization_for_the_very_same_request_are_twins()
    {
        await _world.AuthorizeAsync(_world.Approve("for-permit2", 90));
        var first = await _world.AuthorizeAsync(_world.Mandate.Intent("lost-reply", 40) with { Asset = _world.Token.Asset });
        await _world.Wallet.BeginPresentAsync(first.IntentId);
        await _world.Wallet.RecordOutcomeAsync(first.IntentId, new PresentOutcome.Unknown("the answer was lost"));
        (await _world.RefuseAsync(_world.Permit("asked-anew", 40))).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("payment_open"), r => r.Message.ShouldContain(first.IntentId));
    }

    [Fact]
    public async Task A_sign_in_message_is_built_from_the_intent_signed_once_and_takes_no_money()
    {
        var intent = _world.SignIn("login");
        var signed = await _world.AuthorizeAsync(intent);
        var message = signed.Statement.ShouldBeOfType<SignedMessage>();
        message.Message.ShouldStartWith($"casino.example wants you to sign in with your Ethereum account:\n{_world.Account}\n\nPlay fair.\n\nURI: https://casino.example/login\n");
        Secp256k1.TryRecover(Eip191.HashPersonalMessage(message.Message), message.Signature, out var by).ShouldBeTrue();
        by.ShouldBe(_world.Account);

        (await _world.AuthorizeAsync(intent)).ShouldBe(signed);
        (await _world.RefuseAsync(intent with { Nonce = "another-0therNonce".Replace("-", "", StringComparison.Ordinal) })).Code.ShouldBe("intent_conflict");
        (await _world.EventsAsync(intent.Id)).ShouldBe("approved reserved signed settled");
        (await _world.Wallet.ListOpenAsync()).ShouldBeEmpty();
        (await _world.Wallet.BeginPresentAsync(intent.Id)).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("not_presented");
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Sign_in_message_for_another_domain()
    {
        (await _world.RefuseAsync(_world.SignIn("phished") with { Domain = "other.example" })).Kind.ShouldBe(WalletRefusalKind.Usage);
        (await _world.RefuseAsync(_world.SignIn("stranger") with { Origin = "https://other.example", Domain = "other.example", Uri = "https://other.example/" })).Kind.ShouldBe(WalletRefusalKind.Policy);
        (await _world.Wallet.ListPaymentsAsync()).ShouldBeEmpty();
    }
}
