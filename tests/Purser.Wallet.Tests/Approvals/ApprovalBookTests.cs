using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Sandbox.Chain;
using Purser.Wallet.Approvals;
using Purser.Wallet.Journal;

namespace Purser.Wallet.Tests.Approvals;

/// <summary>Requests for approval at the store, as a reservation asks them.</summary>
public sealed class ApprovalBookTests : IAsyncLifetime
{
    private static readonly ApprovalTerms s_terms = new() { MaxPending = 3 };

    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestMandate _mandate = null!;
    private ApproverSecret _secret = null!;
    private ApprovalQueue _queue = null!;
    private ApprovalBook _book = null!;

    public async ValueTask InitializeAsync()
    {
        _mandate = await TestMandate.CreateAsync(TestMandate.Caps(100, 1000), _clock);
        _secret = await ApproverSecret.OpenAsync(_mandate.Store, _mandate.JournalKey, _clock, new SeededRandom(5), new ScryptCost(16, 1, 1));
        (await _secret.SetAsync("a human's own words".AsMemory())).ShouldBeNull();
        _queue = await ApprovalQueue.OpenAsync(_mandate.Store, _mandate.JournalKey, _clock);
        _book = new ApprovalBook(_mandate.JournalKey, new JournalChain(_mandate.JournalKey));
    }

    public async ValueTask DisposeAsync()
    {
        await _mandate.DisposeAsync();
        _clock.Dispose();
    }

    [Fact]
    public async Task A_held_intent_waits_is_approved_and_passes_exactly_once()
    {
        var intent = _mandate.Intent("held", 7);
        var pending = await HoldAsync(intent);
        (await HoldAsync(intent)).ShouldBe(pending);
        var shown = (await _queue.ListAsync()).ShouldHaveSingleItem();
        shown.ShouldSatisfyAllConditions(r => r.Id.ShouldBe(pending.Id), r => r.Intent.ShouldBe(intent), r => r.State.ShouldBe(ApprovalState.Pending), r => r.PayeeKnown.ShouldBeFalse(),
            r => r.Reasons.ShouldHaveSingleItem().Code.ShouldBe("policy_hold"), r => r.ExpiresAt.ShouldBe(_clock.GetUtcNow().AddMinutes(15)));

        await ApproveAsync(pending.Id);

        (await AskAsync(intent)).ShouldBeOfType<ApprovalAnswer.Granted>().By.ShouldBe($"approval {pending.Id}");
        Refused(await AskAsync(intent)).Code.ShouldBe("approval_used");
        (await _queue.FindAsync(pending.Id))!.State.ShouldBe(ApprovalState.Consumed);
        Refused(await _queue.ApproveAsync(pending.Id, false, await PassAsync())).Code.ShouldBe("approval_used");
        Refused(await _queue.DenyAsync(pending.Id)).Code.ShouldBe("approval_used");
        await JournalSaysAsync("approval.requested", "approval.approved", "approval.consumed");
    }

    [Fact]
    public async Task An_approval_that_a_rolled_back_reservation_asked_for_is_not_used_up()
    {
        var intent = _mandate.Intent("held", 7);
        await ApproveAsync((await HoldAsync(intent)).Id);
        await Should.ThrowAsync<InvalidOperationException>(_mandate.Store.WriteAsync(transaction =>
        {
            Ask(transaction, intent).ShouldBeOfType<ApprovalAnswer.Granted>();
            throw new InvalidOperationException("the reservation failed");
        }));
        (await AskAsync(intent)).ShouldBeOfType<ApprovalAnswer.Granted>();
    }

    [Fact]
    public async Task Of_many_that_ask_at_once_all_get_one_request_and_after_it_is_approved_exactly_one_passes()
    {
        var intent = _mandate.Intent("crowd", 7);
        var asked = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AskAsync(intent)));
        asked.Cast<ApprovalAnswer.Pending>().Select(pending => pending.Id).Distinct().ShouldHaveSingleItem();
        await ApproveAsync(asked.Cast<ApprovalAnswer.Pending>().First().Id);
        (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AskAsync(intent)))).Count(answer => answer is ApprovalAnswer.Granted).ShouldBe(1);
    }

    [Fact]
    public async Task A_replayed_approval_for_another_amount_is_refused()
    {
        var intent = _mandate.Intent("swap", 7);
        await ApproveAsync((await HoldAsync(intent)).Id);
        Refused(await AskAsync(intent with { Amount = 70 })).Code.ShouldBe("intent_conflict");
        Refused(await AskAsync(intent with { PayTo = _mandate.Account })).Code.ShouldBe("intent_conflict");
        Refused(await AskAsync(intent with { Url = intent.Url + "?other" })).Code.ShouldBe("intent_conflict");
        (await AskAsync(intent with { Id = "another-id-of-the-same-payment" })).ShouldBeOfType<ApprovalAnswer.Pending>();
        (await AskAsync(intent)).ShouldBeOfType<ApprovalAnswer.Granted>();
    }

    [Fact]
    public async Task A_denied_intent_is_refused_whatever_the_policy_says_later()
    {
        var intent = _mandate.Intent("no-no", 7);
        var pending = await HoldAsync(intent);
        (await _queue.DenyAsync(pending.Id)).ShouldBeOfType<ApprovalDecision.Decided>().Request.State.ShouldBe(ApprovalState.Denied);
        Refused(await AskAsync(intent)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("approval_denied"), r => r.Kind.ShouldBe(WalletRefusalKind.Policy));
        Refused(await AskAsync(intent, held: false)).Code.ShouldBe("approval_denied");
        Refused(await _queue.ApproveAsync(pending.Id, false, await PassAsync())).Code.ShouldBe("approval_denied");
        _clock.Advance(TimeSpan.FromDays(40));
        Refused(await AskAsync(intent)).Code.ShouldBe("approval_denied");
        await JournalSaysAsync("approval.requested", "approval.denied");
    }

    [Fact]
    public async Task What_was_approved_and_not_used_can_still_be_denied()
    {
        var intent = _mandate.Intent("regret", 7);
        var pending = await HoldAsync(intent);
        await ApproveAsync(pending.Id);
        (await _queue.DenyAsync(pending.Id)).ShouldBeOfType<ApprovalDecision.Decided>();
        Refused(await AskAsync(intent)).Code.ShouldBe("approval_denied");
    }

    [Fact]
    public async Task A_request_expires_and_so_does_an_approval_that_is_not_used()
    {
        var intent = _mandate.Intent("late", 7);
        var first = await HoldAsync(intent);
        _clock.Advance(TimeSpan.FromMinutes(15));
        (await _queue.ListAsync()).ShouldBeEmpty();
        Refused(await _queue.ApproveAsync(first.Id, false, await PassAsync())).Code.ShouldBe("approval_expired");
        var second = await HoldAsync(intent);
        second.Id.ShouldNotBe(first.Id);

        _clock.Advance(TimeSpan.FromMinutes(14));
        await ApproveAsync(second.Id);
        _clock.Advance(TimeSpan.FromMinutes(15));
        var third = await HoldAsync(intent);
        third.Id.ShouldNotBe(second.Id);
        (await _queue.ListAsync(decided: true)).Select(request => request.State).ShouldBe([ApprovalState.Pending, ApprovalState.Expired, ApprovalState.Expired]);
        await JournalSaysAsync("approval.requested", "approval.expired", "approval.requested", "approval.approved", "approval.expired", "approval.requested");
    }

    [Fact]
    public async Task What_is_remembered_holds_after_the_cool_down_up_to_its_amount_for_its_payee_and_origin_until_it_is_forgotten()
    {
        var intent = _mandate.Intent("first", 7);
        var pending = await HoldAsync(intent);
        (await _queue.ApproveAsync(pending.Id, remember: true, await PassAsync())).ShouldBeOfType<ApprovalDecision.Decided>();
        (await AskAsync(intent)).ShouldBeOfType<ApprovalAnswer.Granted>();

        var again = _mandate.Intent("again", 7);
        _clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        await HoldAsync(again);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        (await AskAsync(again)).ShouldBeOfType<ApprovalAnswer.Granted>().By.ShouldBe($"remembered {pending.Id}");
        await HoldAsync(_mandate.Intent("more", 8));
        await HoldAsync(_mandate.Intent("other-origin", 7) with { Origin = "http://127.0.0.1:4021", Url = "http://127.0.0.1:4021/paid" });
        await HoldAsync(_mandate.Intent("other-payee", 7) with { PayTo = _mandate.Account });

        (await _queue.ListRememberedAsync()).ShouldHaveSingleItem().ShouldSatisfyAllConditions(r => r.Id.ShouldBe(pending.Id), r => r.Amount.ShouldBe((UInt256)7UL));
        (await _queue.ForgetAsync(pending.Id)).ShouldBeTrue();
        (await _queue.ForgetAsync(pending.Id)).ShouldBeFalse();
        Refused(await AskAsync(_mandate.Intent("forgotten", 7))).Code.ShouldBe("approvals_full");
    }

    /// <summary>EIP-5573: the resources say what is given away.</summary>
    [Fact]
    public async Task A_remembered_sign_in_holds_for_its_domain_URI_chain_statement_and_resources_and_a_resource_more_is_a_new_question()
    {
        await _mandate.EditPolicyAsync(TestMandate.Caps(100, 1000) with { SignIn = new(["casino.example", "other.example"]) });
        var wallet = await _mandate.OpenWalletAsync();
        var first = SignIn("sign-in-once-0001");
        (await wallet.AuthorizeAsync(SignIn("plain-sign-in-001") with { Resources = ["https://casino.example/terms"] })).ShouldBeOfType<AuthorizationResult.Authorized>();
        var needed = (await wallet.AuthorizeAsync(first)).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>();
        needed.Summary.ShouldContain("urn:recap:e30");
        (await _queue.FindAsync(needed.ApprovalId)).ShouldNotBeNull().Reasons.ShouldHaveSingleItem().Code.ShouldBe("policy_sign_in_delegates");
        (await _queue.ApproveAsync(needed.ApprovalId, remember: true, await PassAsync())).ShouldBeOfType<ApprovalDecision.Decided>();
        (await wallet.AuthorizeAsync(first)).ShouldBeOfType<AuthorizationResult.Authorized>();
        _clock.Advance(TimeSpan.FromHours(1));

        (await wallet.AuthorizeAsync(SignIn("sign-in-again-001") with { Nonce = "anothernonce", IssuedAt = "2026-03-01T13:00:00Z", RequestId = "7" })).ShouldBeOfType<AuthorizationResult.Authorized>();
        var others = new Dictionary<string, SignInIntent>(StringComparer.Ordinal)
        {
            ["a resource more"] = first with { Resources = ["urn:recap:e30", "urn:recap:e31"] },
            ["another resource"] = first with { Resources = ["urn:recap:e31"] },
            ["a plain resource more"] = first with { Resources = ["urn:recap:e30", "https://casino.example/all"] },
            ["another URI"] = first with { Uri = "https://casino.example/other" },
            ["another chain"] = first with { Chain = new(1) },
            ["another statement"] = first with { Statement = "Give everything away" },
            ["no statement"] = first with { Statement = null },
            ["without an end"] = first with { ExpirationTime = null },
            ["another domain"] = first with { Domain = "other.example", Origin = "https://other.example", Uri = "https://other.example/login" },
        };
        foreach (var (what, intent) in others)
        {
            ApprovalSubject.Of(intent).Key.ShouldNotBe(ApprovalSubject.Of(first).Key, what);
            var asked = (await wallet.AuthorizeAsync(intent with { Id = $"sign-in {what}".Replace(' ', '-').PadRight(16, '-') })).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>(what);
            await _queue.DenyAsync(asked.ApprovalId);
        }
    }

    private SignInIntent SignIn(string id) => new()
    {
        Id = id, Account = _mandate.Account, Origin = "https://casino.example", Domain = "casino.example", Uri = "https://casino.example/login", Statement = "Play", Chain = TestMandate.Chain,
        Nonce = "abcdefgh", IssuedAt = "2026-03-01T12:00:00Z", ExpirationTime = "2026-03-02T12:00:00Z", Resources = ["urn:recap:e30"],
    };

    [Fact]
    public async Task A_contract_call_is_never_remembered()
    {
        var call = new ContractCallIntent { Id = "call-of-a-contract", Account = _mandate.Account, Network = TestMandate.Chain, Contract = TestMandate.Token.Token, Value = UInt256.Zero, Data = new byte[4], GasCap = 1 };
        ApprovalSubject.CanRemember(call).ShouldBeFalse();
        ApprovalSubject.CanRemember(_mandate.Intent("payment")).ShouldBeTrue();
        await Task.CompletedTask;
    }

    [Fact]
    public async Task No_more_wait_than_the_policy_allows_and_the_expired_make_room()
    {
        for (var i = 0; i < s_terms.MaxPending; i++)
        {
            await HoldAsync(_mandate.Intent($"one-of-many-{i}"));
        }

        Refused(await AskAsync(_mandate.Intent("one-too-many"))).Code.ShouldBe("approvals_full");
        _clock.Advance(TimeSpan.FromMinutes(15));
        await HoldAsync(_mandate.Intent("one-too-many"));
    }

    [Fact]
    public async Task The_first_payment_to_a_payee_is_held_and_the_next_is_not()
    {
        await _mandate.EditPolicyAsync(TestMandate.Caps(100, 1000) with { HoldFirstPayment = true, ApprovalExpirySeconds = 60 });
        var wallet = await _mandate.OpenWalletAsync();
        var first = _mandate.Intent("first-payment", 7);
        var needed = (await wallet.AuthorizeAsync(first)).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>();
        needed.Summary.ShouldContain("Pay 0.000007 TUSD");
        needed.ExpiresAt.ShouldBe(_clock.GetUtcNow().AddSeconds(60));
        (await wallet.AuthorizeAsync(first)).ShouldBe(needed);
        (await wallet.ListPaymentsAsync()).ShouldBeEmpty();
        var request = (await _queue.FindAsync(needed.ApprovalId)).ShouldNotBeNull();
        request.Reasons.ShouldHaveSingleItem().Code.ShouldBe("policy_first_payment");
        request.PayeeKnown.ShouldBeFalse();

        await ApproveAsync(needed.ApprovalId);

        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => wallet.AuthorizeAsync(first)));
        results.ShouldAllBe(result => result.Equals(results[0]));
        results[0].ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.AuthorizeAsync(_mandate.Intent("second-payment", 7))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.AuthorizeAsync(_mandate.Intent("to-another", 7) with { PayTo = _mandate.Account })).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>();
        (await _queue.FindAsync(needed.ApprovalId))!.PayeeKnown.ShouldBeTrue();
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_request_that_somebody_wrote_into_the_database_counts_for_nothing()
    {
        var intent = _mandate.Intent("forged", 7);
        var pending = await HoldAsync(intent);
        await _mandate.Store.WriteAsync(transaction => transaction.Execute("UPDATE approvals_requests SET state = 'approved'"));
        Refused(await AskAsync(intent)).Code.ShouldBe("approval_forged");
        Refused(await _queue.ApproveAsync(pending.Id, false, await PassAsync())).Code.ShouldBe("approval_forged");
        (await _queue.ListAsync(decided: true)).ShouldBeEmpty();

        // The intent that the human is shown, changed to look harmless.
        var other = await HoldAsync(_mandate.Intent("dressed-up", 70));
        await _mandate.Store.WriteAsync(transaction => transaction.Execute("UPDATE approvals_requests SET intent = @intent WHERE id = @id", new { id = other.Id, intent = IntentJson.Write(_mandate.Intent("dressed-up", 1)) }));
        Refused(await _queue.ApproveAsync(other.Id, false, await PassAsync())).Code.ShouldBe("approval_forged");

        // Something remembered that nobody approved.
        await _mandate.Store.WriteAsync(transaction => transaction.Execute(
            "INSERT INTO approvals_remembered (id, account, subject, amount, holds_from, seal) VALUES ('x', @account, @subject, @amount, 0, @seal)",
            new { account = _mandate.Account.ToArray(), subject = ApprovalSubject.Of(intent).Key, amount = ((UInt256)1000UL).ToBigEndian(), seal = new byte[32] }));
        await HoldAsync(_mandate.Intent("by-forged-memory", 7));
        (await _queue.ListRememberedAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Approving_needs_a_pass_each_time_and_an_unknown_id_is_refused()
    {
        var pending = await HoldAsync(_mandate.Intent("held", 7));
        var pass = await PassAsync();
        Refused(await _queue.ApproveAsync("apr-0000000000000000", false, pass)).Code.ShouldBe("no_approval");
        Refused(await _queue.ApproveAsync(pending.Id, false, pass)).Code.ShouldBe("approver_pass_used");
        (await _queue.FindAsync(pending.Id))!.State.ShouldBe(ApprovalState.Pending);
        Refused(await _queue.DenyAsync("\u001b[31m")).Message.ShouldNotContain("\u001b");
    }

    private static WalletRefusal Refused(ApprovalAnswer answer) => answer.ShouldBeOfType<ApprovalAnswer.Refused>().Reason;

    private static WalletRefusal Refused(ApprovalDecision decision) => decision.ShouldBeOfType<ApprovalDecision.Refused>().Reason;

    private async Task<ApproverPass> PassAsync() => (await _secret.VerifyAsync("a human's own words".AsMemory())).ShouldBeOfType<ApproverResult.Passed>().Pass;

    private async Task ApproveAsync(string id) =>
        (await _queue.ApproveAsync(id, remember: false, await PassAsync())).ShouldBeOfType<ApprovalDecision.Decided>().Request.State.ShouldBe(ApprovalState.Approved);

    private async Task<ApprovalAnswer.Pending> HoldAsync(Intent intent) => (await AskAsync(intent)).ShouldBeOfType<ApprovalAnswer.Pending>();

    private Task<ApprovalAnswer> AskAsync(Intent intent, bool held = true) =>
        _mandate.Store.WriteAsync(transaction => Ask(transaction, intent, held));

    private ApprovalAnswer Ask(Storage.IStoreTransaction transaction, Intent intent, bool held = true) => _book.Ask(
        transaction, WalletClock.Enter(transaction, _clock.GetUtcNow(), out _), new(intent, held ? [new("policy_hold", "more than 5")] : [], s_terms));

    private async Task JournalSaysAsync(params string[] events)
    {
        var wallet = await _mandate.OpenWalletAsync();
        (await wallet.Journal.ReadAsync(_mandate.Account)).Select(entry => entry.Event).ShouldBe(events);
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }
}
