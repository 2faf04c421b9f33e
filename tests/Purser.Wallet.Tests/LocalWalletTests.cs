using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;
using Purser.Wallet.Tokens;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests;

/// <summary>A payment's way through the wallet, against a real token on the sandbox.</summary>
public sealed class LocalWalletTests : IAsyncLifetime
{
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestMandate _mandate = null!;
    private SimulatedToken _token = null!;
    private AssetRegistry _registry = null!;
    private LocalWallet _wallet = null!;

    public async ValueTask InitializeAsync()
    {
        _mandate = await TestMandate.CreateAsync(TestMandate.Caps(100, 1000), _clock);
        _token = await SimulatedToken.DeployAsync(_clock, _mandate.Account, 500);
        _registry = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(_token.Asset));
        await _mandate.EditPolicyAsync(new() { Assets = [new(_token.Asset, new Caps(PerPayment: 100, PerDay: 1000))] });
        _wallet = await _mandate.OpenWalletAsync(_token.Chains, _registry);
    }

    public async ValueTask DisposeAsync()
    {
        await _token.DisposeAsync();
        await _mandate.DisposeAsync();
        _clock.Dispose();
    }

    [Fact]
    public async Task A_payment_is_signed_presented_settled_on_chain_and_found_there()
    {
        var signed = await AuthorizeAsync(Intent("whole-way", 40));
        Eip3009.TryRecover(signed.Authorization(), Eip3009.DomainSeparator("Test USD", "1", _token.Asset), signed.Signature(), out var signer).ShouldBeTrue();
        signer.ShouldBe(_mandate.Account);
        signed.Authorization().ValidAfter.ShouldBe(UInt256.Zero);
        signed.Authorization().ValidBefore.ShouldBe((UInt256)(_clock.UnixSeconds + 300));
        (await BalanceAsync(_mandate.Account)).ShouldBe((UInt256)500UL);

        (await _wallet.BeginPresentAsync(signed.IntentId)).ShouldBe(signed);
        var mined = (await _token.SettleAsync("settle-1", signed.Authorization(), signed.Signature())).ShouldBeOfType<LaneResult.Mined>();
        await _wallet.RecordOutcomeAsync(signed.IntentId, new PresentOutcome.Unknown("the answer was lost"));
        (await _wallet.GetPaymentAsync(signed.IntentId))!.State.ShouldBe(PaymentState.Unknown);

        var settled = await _wallet.ReconcileAsync(signed.IntentId);

        settled.State.ShouldBe(PaymentState.Settled);
        settled.TransactionHash.ShouldBe(mined.Receipt.TransactionHash);
        (await BalanceAsync(_mandate.Account)).ShouldBe((UInt256)460UL);
        (await _wallet.Journal.ReadAsync(_mandate.Account)).Select(entry => entry.Event).ShouldBe(["approved", "reserved", "signed", "sent", "unknown", "settled"]);
        (await _wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_second_payment_for_a_request_whose_first_is_open_is_refused_until_the_first_is_reconciled()
    {
        var signed = await AuthorizeAsync(Intent("lost-reply", 40));
        await _wallet.BeginPresentAsync(signed.IntentId);
        await _wallet.RecordOutcomeAsync(signed.IntentId, new PresentOutcome.Unknown("the answer was lost"));

        var refused = (await _wallet.AuthorizeAsync(Intent("asked-anew", 40))).ShouldBeOfType<AuthorizationResult.Refused>().Reason;
        refused.Code.ShouldBe("payment_open");
        refused.Kind.ShouldBe(WalletRefusalKind.OpenPayment);
        refused.Message.ShouldContain(signed.IntentId);
        (await _wallet.AuthorizeAsync(Intent("elsewhere", 40) with { Url = "https://shop.example/other", Origin = "https://shop.example" })).ShouldBeOfType<AuthorizationResult.Authorized>();

        (await _token.SettleAsync("settle-1", signed.Authorization(), signed.Signature())).ShouldBeOfType<LaneResult.Mined>();
        (await _wallet.ReconcileAsync(signed.IntentId)).State.ShouldBe(PaymentState.Settled);
        (await _wallet.AuthorizeAsync(Intent("asked-anew", 40))).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    [Fact]
    public async Task Duplicate_payment_on_retry()
    {
        var intent = Intent("retried", 40);
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _wallet.AuthorizeAsync(intent)));
        var first = results[0].ShouldBeOfType<AuthorizationResult.Authorized>();
        results.ShouldAllBe(result => result.Equals(first));

        await _wallet.BeginPresentAsync(intent.Id);
        await _wallet.RecordOutcomeAsync(intent.Id, new PresentOutcome.Unknown("timeout"));
        (await _wallet.AuthorizeAsync(intent)).ShouldBe(first);
        (await _wallet.BeginPresentAsync(intent.Id)).ShouldBe(first);

        (await _token.SettleAsync("one", first.Authorization(), first.Signature())).ShouldBeOfType<LaneResult.Mined>();
        (await _token.SettleAsync("two", first.Authorization(), first.Signature())).ShouldBeOfType<LaneResult.Refused>().Code.ShouldBe("would_revert");
        (await BalanceAsync(_mandate.Account)).ShouldBe((UInt256)460UL);
    }

    [Fact]
    public async Task The_same_id_with_other_content_is_refused()
    {
        await AuthorizeAsync(Intent("twice", 40));
        (await RefuseAsync(Intent("twice", 41))).Code.ShouldBe("intent_conflict");
        (await RefuseAsync(Intent("twice", 40) with { PayTo = _mandate.Account })).Code.ShouldBe("intent_conflict");
    }

    [Fact]
    public async Task An_unused_authorization_expires_by_the_chains_clock_and_gives_its_budget_back()
    {
        await _mandate.EditPolicyAsync(new() { Assets = [new(_token.Asset, new Caps(PerPayment: 100, PerDay: 100))] });
        var signed = await AuthorizeAsync(Intent("unused", 100));
        await _wallet.BeginPresentAsync(signed.IntentId);
        await _wallet.RecordOutcomeAsync(signed.IntentId, new PresentOutcome.Rejected("\u001b[31mno such \u202eroute\n"));
        (await RefuseAsync(Intent("while-held", 1))).Code.ShouldBe("policy_cap_per_day");

        _clock.Advance(TimeSpan.FromSeconds(330));
        _token.Chain.Mine();
        (await _wallet.ReconcileAsync(signed.IntentId)).State.ShouldBe(PaymentState.Sent);

        _clock.Advance(TimeSpan.FromSeconds(60));
        _token.Chain.Mine();
        var dead = await _wallet.ReconcileAsync(signed.IntentId);
        dead.State.ShouldBe(PaymentState.Expired);
        (await RefuseAsync(Intent("unused", 100))).Code.ShouldBe("payment_expired");
        (await AuthorizeAsync(Intent("anew", 100))).Signature().ShouldNotBe(signed.Signature());
        (await _wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_used_authorization_never_gives_its_budget_back_however_late_it_is_asked()
    {
        await _mandate.EditPolicyAsync(new() { Assets = [new(_token.Asset, new Caps(PerPayment: 100, PerDay: 100))] });
        var signed = await AuthorizeAsync(Intent("used-late", 100));
        (await _token.SettleAsync("late", signed.Authorization(), signed.Signature())).ShouldBeOfType<LaneResult.Mined>();
        _clock.Advance(TimeSpan.FromHours(2));
        _token.Chain.Mine();

        (await _wallet.ReconcileAsync(signed.IntentId)).State.ShouldBe(PaymentState.Settled);
        (await RefuseAsync(Intent("after-it", 1))).Code.ShouldBe("policy_cap_per_day");

        _clock.Advance(TimeSpan.FromHours(22));
        await AuthorizeAsync(Intent("next-day", 100));
        (await _wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Unknown_asset()
    {
        (await RefuseAsync(Intent("stranger", 1) with { Asset = new(TestMandate.Chain, Address.Parse("0x00000000000000000000000000000000000000aa")) })).Code.ShouldBe("unknown_asset");
        var known = _registry.FindToken(TestMandate.Chain, "USDC")!;
        (await RefuseAsync(Intent("no-rule", 1) with { Asset = known.Asset })).Code.ShouldBe("policy_unknown_asset");
    }

    [Fact]
    public async Task Each_rule_of_the_policy_refuses_by_its_code_and_reserves_nothing()
    {
        var allowed = new SpendingPolicy { Assets = [new(_token.Asset, new Caps(PerPayment: 100, PerDay: 1000))] };
        (await RefuseAsync(Intent("too-much", 101))).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("policy_cap_per_payment"), r => r.Message.ShouldContain("0.000101 TUSD (101)"));
        await RefuseUnder(allowed with { Paused = true }, "policy_paused");
        await RefuseUnder(allowed with { AllowOrigins = ["https://other.example"] }, "policy_origin_not_allowed");
        await RefuseUnder(allowed with { AllowPayees = [] }, "policy_payee_not_allowed");
        await RefuseUnder(allowed with { MaxTimeoutSeconds = 299 }, "policy_timeout_too_long");
        await _mandate.EditPolicyAsync(allowed with { MaxPaymentsPerMinute = 1 });
        await AuthorizeAsync(Intent("first-in-minute", 1));
        (await RefuseAsync(Intent("second-in-minute", 1))).Code.ShouldBe("policy_rate");
        File.Delete(Path.Combine(_mandate.Folder, PolicyFile.FileName));
        (await RefuseAsync(Intent("no-policy", 1))).Code.ShouldBe("policy_missing");
        (await _wallet.ListPaymentsAsync()).Count.ShouldBe(1);

        async Task RefuseUnder(SpendingPolicy policy, string code)
        {
            await _mandate.EditPolicyAsync(policy);
            (await RefuseAsync(Intent($"under-{code}", 1))).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(code), r => r.Kind.ShouldBe(WalletRefusalKind.Policy));
        }
    }

    [Fact]
    public async Task A_balance_that_does_not_suffice_and_an_account_that_cannot_sign_are_refused()
    {
        await _mandate.EditPolicyAsync(new() { Assets = [new(_token.Asset, new Caps(PerPayment: 1000, PerDay: 10_000))] });
        (await RefuseAsync(Intent("poor", 501))).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("insufficient_funds"), r => r.Kind.ShouldBe(WalletRefusalKind.InsufficientFunds));
        (await RefuseAsync(Intent("nobody", 1) with { Account = _token.Asset.Token })).Code.ShouldBe("no_account");
        _mandate.Keys.Lock(_mandate.Account);
        (await RefuseAsync(Intent("locked", 1))).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("wallet_locked"), r => r.Kind.ShouldBe(WalletRefusalKind.Locked));
        (await _wallet.ListPaymentsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Wrong_EIP712_name_per_chain()
    {
        var wrong = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(_token.Asset) with { DomainName = "USD Coin" });
        var wallet = await _mandate.OpenWalletAsync(_token.Chains, wrong);
        (await wallet.AuthorizeAsync(Intent("wrong-domain", 1))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("token_domain_mismatch");
        (await _wallet.ListPaymentsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_chain_that_cannot_be_asked_is_a_refusal_that_may_be_retried()
    {
        var wallet = await _mandate.OpenWalletAsync(new Dictionary<ChainId, IChain> { [TestMandate.Chain] = new UnreachableChain(_token.Chain) }, _registry);
        (await wallet.AuthorizeAsync(Intent("offline", 1))).ShouldBeOfType<AuthorizationResult.Refused>()
            .Reason.ShouldSatisfyAllConditions(r => r.Code.ShouldBe("chain_unreachable"), r => r.Kind.ShouldBe(WalletRefusalKind.Network));
        (await (await _mandate.OpenWalletAsync(new Dictionary<ChainId, IChain>(), _registry)).AuthorizeAsync(Intent("no-node", 1))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("chain_not_configured");
    }

    [Fact]
    public async Task A_pause_between_judging_and_reserving_holds()
    {
        var policy = new SpendingPolicy { Assets = [new(_token.Asset, new Caps(PerPayment: 100, PerDay: 1000))] };
        var chain = new UnreachableChain(_token.Chain) { ReadsFail = false, BeforeReads = () => _mandate.EditPolicyAsync(policy with { Paused = true }) };
        var wallet = await _mandate.OpenWalletAsync(new Dictionary<ChainId, IChain> { [TestMandate.Chain] = chain }, _registry);
        (await wallet.AuthorizeAsync(Intent("paused-meanwhile", 1))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_paused");
        (await wallet.ListPaymentsAsync()).ShouldBeEmpty();

        // One that says the same in other words lets it pass, judged anew.
        await _mandate.EditPolicyAsync(policy);
        chain.BeforeReads = () => _mandate.EditPolicyAsync(policy with { MaxTimeoutSeconds = 86_400 });
        (await wallet.AuthorizeAsync(Intent("rewritten-meanwhile", 1))).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    [Fact]
    public async Task The_clock_set_back_an_hour_signs_nothing_and_frees_no_budget()
    {
        await AuthorizeAsync(Intent("before", 100));
        using var back = SandboxClock.StandingAt(_clock.GetUtcNow() - TimeSpan.FromHours(1));
        await using var other = await TestMandate.OpenAsync(_mandate.Folder, _mandate.StoreUrl, back, seed: 3);
        var wallet = await other.OpenWalletAsync(_token.Chains, _registry);

        (await wallet.AuthorizeAsync(Intent("back", 1))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("clock_set_back");

        back.Advance(TimeSpan.FromHours(1));
        (await wallet.AuthorizeAsync(Intent("right-again", 1))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_reserved_and_never_signed_is_given_up_after_a_while_and_its_late_signature_forgotten()
    {
        await _mandate.EditPolicyAsync(new() { Assets = [new(_token.Asset, new Caps(PerPayment: 100, PerDay: 100))] });
        using var slow = new SlowSigner(_mandate);
        var late = _wallet.AuthorizeAsync(Intent("stuck", 100));
        await slow.Asked;
        (await RefuseAsync(Intent("meanwhile", 1))).Code.ShouldBe("policy_cap_per_day");

        _clock.Advance(TimeSpan.FromSeconds(121));
        (await _wallet.RecoverAsync()).ShouldBe(1);
        slow.Answer();

        (await late).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("payment_failed");
        (await _wallet.GetPaymentAsync(Intent("stuck").Id))!.ShouldSatisfyAllConditions(p => p.State.ShouldBe(PaymentState.Failed), p => p.Statement.ShouldBeNull());
        (await _wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_not_presented_has_no_outcome_and_what_is_unknown_is_said_so()
    {
        var signed = await AuthorizeAsync(Intent("unpresented", 1));
        await Should.ThrowAsync<InvalidOperationException>(() => _wallet.RecordOutcomeAsync(signed.IntentId, new PresentOutcome.Settled(null)));
        await Should.ThrowAsync<KeyNotFoundException>(() => _wallet.RecordOutcomeAsync("no-such-payment-1", new PresentOutcome.Settled(null)));
        (await _wallet.BeginPresentAsync("no-such-payment-1")).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("no_payment");
        _clock.Advance(TimeSpan.FromSeconds(300));
        (await _wallet.BeginPresentAsync(signed.IntentId)).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("authorization_expired");
    }

    [Fact]
    public void Raw_hash_signing_has_no_door()
    {
        var doors = typeof(LocalWallet).Assembly.GetExportedTypes()
            .SelectMany(type => type.GetMethods())
            .Where(method => method.ReturnType.ToString().Contains(nameof(Signature), StringComparison.Ordinal) && !method.IsSpecialName && method.Name != "Deconstruct");
        doors.ShouldBeEmpty();
        typeof(ISigner).GetMethods().Where(method => method.IsPublic && !method.IsSpecialName).ShouldBeEmpty();
    }

    private X402AuthorizationIntent Intent(string id, ulong amount = 1) => _mandate.Intent(id, amount) with { Asset = _token.Asset };

    private async Task<AuthorizationResult.Authorized> AuthorizeAsync(Intent intent) => (await _wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();

    private async Task<WalletRefusal> RefuseAsync(Intent intent) => (await _wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Refused>().Reason;

    private async Task<UInt256> BalanceAsync(Address account) => (await new TokenContract(_token.Chain, _token.Asset.Token).GetBalanceAsync(account)).ShouldNotBeNull();
}
