using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Tests.Facilitator;

/// <summary>What holds of settling on every database: the money moves once, and every asker gets the one answer.</summary>
public abstract class SettleContract : IAsyncLifetime
{
    private FacilitatorWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await FacilitatorWorld.OpenAsync(await CreateAsync());

    public virtual async ValueTask DisposeAsync()
    {
        if (_world is not null)
        {
            await _world.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_payment_moves_the_amount_and_names_its_transaction_and_a_repeat_gets_the_same_answer()
    {
        var request = _world.Request(_world.Message(1));
        var first = await _world.Facilitator.SettleAsync(request);
        var second = await _world.Facilitator.SettleAsync(request);

        first.Success.ShouldBeTrue(first.ErrorReason);
        first.ShouldBe(second);
        first.Network.ShouldBe("eip155:84532");
        first.Payer.ShouldBe(_world.Payer.Address.ToString());
        var receipt = await _world.Chain.GetTransactionReceiptAsync(Hash32.Parse(first.Transaction));
        receipt.ShouldNotBeNull().From.ShouldBe(_world.Sender);
        await ShouldHaveMovedAsync(1);
    }

    [Fact]
    public async Task Twenty_callers_at_once_share_one_transaction_and_one_answer()
    {
        var request = _world.Request(_world.Message(1));
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _world.Facilitator.SettleAsync(request)));
        answers.Distinct().Count().ShouldBe(1);
        answers[0].Success.ShouldBeTrue(answers[0].ErrorReason);
        await ShouldHaveMovedAsync(1);
    }

    [Fact]
    public async Task Different_payments_at_once_are_all_settled_one_transaction_each()
    {
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => _world.Facilitator.SettleAsync(_world.Request(_world.Message((ulong)i)))));
        answers.ShouldAllBe(answer => answer.Success);
        answers.Select(answer => answer.Transaction).Distinct().Count().ShouldBe(8);
        await ShouldHaveMovedAsync(8);
    }

    [Fact]
    public async Task The_result_outlives_a_restart_and_the_authorizations_own_time()
    {
        var request = _world.Request(_world.Message(1));
        var first = await _world.Facilitator.SettleAsync(request);
        await _world.RestartAsync();
        _world.Clock.Advance(TimeSpan.FromHours(1));
        (await _world.Facilitator.SettleAsync(request)).ShouldBe(first);
        await ShouldHaveMovedAsync(1);
    }

    [Fact]
    public async Task What_was_settled_for_one_sellers_terms_is_no_answer_to_other_terms()
    {
        var message = _world.Message(1);
        var request = _world.Request(message);
        (await _world.Facilitator.SettleAsync(request)).Success.ShouldBeTrue();

        // The signed bytes are the same; the seller that asks is another, or asks more.
        var elsewhere = _world.Requirements(payTo: FacilitatorWorld.KeyOf(70).Address);
        var dearer = _world.Requirements(amount: 5000);
        (await SettleTwiceAsync(new(request.Payload with { Accepted = elsewhere }, elsewhere))).ErrorReason.ShouldBe("invalid_exact_evm_recipient_mismatch");
        (await SettleTwiceAsync(new(request.Payload with { Accepted = dearer }, dearer))).ErrorReason.ShouldBe("invalid_exact_evm_payload_authorization_value_mismatch");
        var renamed = _world.Requirements(name: "USD Coin");
        (await SettleTwiceAsync(new(request.Payload with { Accepted = renamed }, renamed))).Success.ShouldBeFalse();
        await ShouldHaveMovedAsync(1);
    }

    [Fact]
    public async Task The_same_authorization_with_another_valid_signature_is_refused()
    {
        var wallet = Address.Parse("0x1000000000000000000000000000000000001271");
        _world.Chain.SetCode(wallet, Wallets.TakesAnythingWithMark);
        await _world.MintAsync(wallet, 5000);
        var message = _world.Message(1, wallet);
        var first = await _world.Facilitator.SettleAsync(_world.Request(message, signature: new byte[] { 0x42, 1 }));
        first.Success.ShouldBeTrue(first.ErrorReason);
        var other = await SettleTwiceAsync(_world.Request(message, signature: new byte[] { 0x42, 2 }));
        other.Success.ShouldBeFalse();
        other.ErrorReason.ShouldBe("invalid_exact_evm_nonce_already_used");
        await ShouldHaveMovedAsync(1);
    }

    [Fact]
    public async Task What_is_not_in_a_block_yet_is_pending_with_its_hash_and_succeeds_once_it_is_mined()
    {
        _world.Chain.Automine = false;
        var request = _world.Request(_world.Message(1));
        var pending = await _world.Facilitator.SettleAsync(request);
        pending.Success.ShouldBeFalse();
        pending.ErrorReason.ShouldBe("settlement_pending");
        Hash32.TryParse(pending.Transaction, out _).ShouldBeTrue();
        (await _world.Facilitator.SettleAsync(request)).ShouldBe(pending);

        _world.Chain.Mine();
        _world.Clock.Advance(TimeSpan.FromHours(1));

        var settled = await _world.Facilitator.SettleAsync(request);
        settled.Success.ShouldBeTrue(settled.ErrorReason);
        settled.Transaction.ShouldBe(pending.Transaction);
        await ShouldHaveMovedAsync(1);
    }

    [Fact]
    public async Task What_was_pending_at_a_restart_is_followed_and_not_sent_anew()
    {
        _world.Chain.Automine = false;
        var request = _world.Request(_world.Message(1));
        var pending = await _world.Facilitator.SettleAsync(request);
        await _world.RestartAsync();
        (await _world.Facilitator.SettleAsync(request)).ShouldBe(pending);
        _world.Chain.Mine();
        (await _world.Facilitator.SettleAsync(request)).Transaction.ShouldBe(pending.Transaction);
        await ShouldHaveMovedAsync(1);
    }

    [Fact]
    public async Task A_settlement_whose_nonce_was_used_elsewhere_is_sent_again_and_paid_once()
    {
        _world.Chain.Automine = false;
        var request = _world.Request(_world.Message(1));
        var displaced = await _world.Facilitator.SettleAsync(request);
        using var key = FacilitatorWorld.KeyOf(2);
        await _world.Chain.SendRawTransactionAsync(new Transaction1559
        {
            ChainId = FacilitatorWorld.Network, MaxPriorityFeePerGas = 100_000_000_000UL, MaxFeePerGas = 400_000_000_000UL, GasLimit = 21_000, To = FacilitatorWorld.Payee,
        }.Sign(key).Raw);
        for (var block = 0; block < 12; block++)
        {
            _world.Chain.Mine();
        }

        _world.Clock.Advance(TimeSpan.FromSeconds(5));
        await _world.Facilitator.SettleAsync(request);
        var again = await _world.Facilitator.SettleAsync(request);
        again.ErrorReason.ShouldBe("settlement_pending");
        again.Transaction.ShouldNotBe(displaced.Transaction);
        _world.Chain.Mine();
        var settled = await _world.Facilitator.SettleAsync(request);
        settled.Success.ShouldBeTrue(settled.ErrorReason);
        settled.Transaction.ShouldBe(again.Transaction);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(FacilitatorWorld.Price);
    }

    [Fact]
    public async Task A_settlement_that_the_operator_cancelled_has_failed_and_stays_so()
    {
        _world.Chain.Automine = false;
        var request = _world.Request(_world.Message(1));
        await _world.Facilitator.SettleAsync(request);
        var open = (await _world.Lane.ListOpenAsync()).ShouldHaveSingleItem();
        await _world.Lane.CancelAsync(open.Key, TimeSpan.Zero);
        _world.Chain.Mine();
        var failed = await _world.Facilitator.SettleAsync(request);
        (failed.Success, failed.ErrorReason).ShouldBe((false, "invalid_exact_evm_transaction_failed"));
        (await _world.Facilitator.SettleAsync(request)).ShouldBe(failed);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(UInt256.Zero);
    }

    [Fact]
    public async Task A_refusal_of_the_chain_is_not_remembered_so_that_a_payer_can_make_it_good()
    {
        using var poor = FacilitatorWorld.KeyOf(50);
        var request = _world.Request(_world.Message(1, poor.Address), key: poor);
        var refused = await SettleTwiceAsync(request);
        refused.ErrorReason.ShouldBe("invalid_exact_evm_insufficient_balance");
        refused.Transaction.ShouldBe("");
        _world.Node.Sends.ShouldBe(0);

        await _world.MintAsync(poor.Address, 1000);

        (await SettleTwiceAsync(request)).Success.ShouldBeTrue();
        await ShouldHaveMovedAsync(1);
    }

    [Fact]
    public async Task The_tokens_revert_texts_become_reasons()
    {
        // A facilitator whose clock lies lets through what the chain then refuses.
        var message = _world.Message(1);
        using var slow = SandboxClock.StandingAt(_world.Clock.GetUtcNow());
        _world.Clock.Advance(TimeSpan.FromSeconds(600));
        (await _world.At(slow).SettleAsync(_world.Request(message))).ErrorReason.ShouldBe("invalid_exact_evm_payload_authorization_valid_before");

        using var fast = SandboxClock.StandingAt(_world.Clock.GetUtcNow() + TimeSpan.FromSeconds(600));
        var early = _world.Message(2) with { ValidAfter = _world.Now + 300, ValidBefore = _world.Now + 3000 };
        (await _world.At(fast).SettleAsync(_world.Request(early))).ErrorReason.ShouldBe("invalid_exact_evm_payload_authorization_valid_after");

        var used = _world.Message(3);
        await _world.SubmitDirectlyAsync(used, _world.Sign(used));
        (await SettleTwiceAsync(_world.Request(used))).ErrorReason.ShouldBe("invalid_exact_evm_nonce_already_used");

        var wallet = Address.Parse("0x1000000000000000000000000000000000001272");
        _world.Chain.SetCode(wallet, Wallets.TwoFaced);
        await _world.MintAsync(wallet, 5000);
        (await SettleTwiceAsync(_world.Request(_world.Message(4, wallet), signature: new byte[] { 0x42 }))).ErrorReason.ShouldBe("invalid_exact_evm_signature");
        _world.Node.Sends.ShouldBe(0);
    }

    [Fact]
    public async Task A_wallet_that_burns_gas_beyond_the_cap_is_refused_and_costs_us_nothing()
    {
        var wallet = Address.Parse("0x1000000000000000000000000000000000001273");
        _world.Chain.SetCode(wallet, Wallets.GasEater);
        await _world.MintAsync(wallet, 5000);
        var request = _world.Request(_world.Message(1, wallet), signature: new byte[] { 0x42 });
        (await _world.Facilitator.VerifyAsync(request)).IsValid.ShouldBeFalse();
        (await SettleTwiceAsync(request)).Success.ShouldBeFalse();
        _world.Node.Sends.ShouldBe(0);
    }

    [Fact]
    public async Task A_stranger_who_submits_the_authorization_before_us_makes_it_used_and_who_holds_the_claim_must_look_at_the_chain()
    {
        // Between our estimate and our block: ours is mined and reverts.
        var message = _world.Message(1);
        _world.Node.AfterEstimate = async () =>
        {
            _world.Node.AfterEstimate = () => Task.CompletedTask;
            await _world.SubmitDirectlyAsync(message, _world.Sign(message));
        };
        var answer = await SettleTwiceAsync(_world.Request(message));

        answer.Success.ShouldBeFalse();
        answer.ErrorReason.ShouldBe("invalid_exact_evm_nonce_already_used");
        answer.Transaction.ShouldBe("");
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(FacilitatorWorld.Price);
        _world.Node.Transactions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_transaction_that_is_mined_without_the_transfer_is_no_success()
    {
        var token = Address.Parse("0x2000000000000000000000000000000000000003");
        _world.Chain.SetCode(token, Wallets.SaysOne);
        var answer = await SettleTwiceAsync(_world.Request(_world.Message(1), _world.Requirements(token: token)));
        answer.Success.ShouldBeFalse();
        answer.ErrorReason.ShouldBe("invalid_exact_evm_transfer_event_mismatch");
        _world.Node.Transactions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_unreachable_chain_is_a_fault_before_anything_is_sent_and_the_repeat_settles()
    {
        var request = _world.Request(_world.Message(1));
        _world.Node.Down = true;
        var fault = await Should.ThrowAsync<FacilitatorException>(() => _world.Facilitator.SettleAsync(request));
        (fault.IsTransient, fault.IsIndeterminate).ShouldBe((true, false));
        _world.Node.Down = false;
        (await SettleTwiceAsync(request)).Success.ShouldBeTrue();
        await ShouldHaveMovedAsync(1);
    }

    [Fact]
    public async Task A_chain_that_is_lost_after_the_sending_leaves_the_payment_pending()
    {
        _world.Chain.Automine = false;
        var request = _world.Request(_world.Message(1));
        var pending = await _world.Facilitator.SettleAsync(request);
        _world.Node.Down = true;
        (await _world.Facilitator.SettleAsync(request)).ShouldBe(pending);
        _world.Node.Down = false;
        _world.Chain.Mine();
        (await SettleTwiceAsync(request)).Success.ShouldBeTrue();
        await ShouldHaveMovedAsync(1);
    }

    [Fact]
    public async Task A_facilitator_without_gas_money_is_a_fault_of_its_own_and_no_refusal_of_the_payment()
    {
        _world.Chain.SetBalance(_world.Sender, UInt256.Zero);
        var request = _world.Request(_world.Message(1));
        for (var i = 0; i < 2; i++)
        {
            var fault = await Should.ThrowAsync<FacilitatorException>(() => _world.Facilitator.SettleAsync(request));
            fault.IsIndeterminate.ShouldBeFalse();
        }

        _world.FundSender();
        (await SettleTwiceAsync(request)).Success.ShouldBeTrue();
        await ShouldHaveMovedAsync(1);
    }

    /// <summary>A fresh database.</summary>
    protected abstract Task<StoreUrl> CreateAsync();

    private async Task<SettleResponse> SettleTwiceAsync(FacilitatorRequest request)
    {
        var first = await _world.Facilitator.SettleAsync(request);
        (await _world.Facilitator.SettleAsync(request)).ShouldBe(first);
        return first;
    }

    private async Task ShouldHaveMovedAsync(int payments)
    {
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe((UInt256)((ulong)payments * 1000));
        _world.Node.Transactions.Count.ShouldBe(payments);
    }
}
