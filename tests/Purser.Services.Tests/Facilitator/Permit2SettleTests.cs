using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Services.Tests.Payments;
using Purser.Storage;
using Purser.Testing;

namespace Purser.Services.Tests.Facilitator;

/// <summary>The schemes by Permit2 on a real chain with the real proxies: every reason by the string that peers send, in their order, and money that moves once.</summary>
public sealed class Permit2SettleTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-permit2-").FullName;
    private FacilitatorWorld _world = null!;
    private Permits _payer = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await FacilitatorWorld.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")));
        _payer = new(_world.Clock, 11);
        await _world.MintAsync(_payer.Address, 10_000);
        await _world.ApproveAsync(_payer.Key, 10_000);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private PaymentRequirements Exact(Address? token = null) => new ExactPermit2Terms(new(FacilitatorWorld.Network, token ?? _world.Dollar.Token), FacilitatorWorld.Payee, 1000, 120).ToRequirements();

    private PaymentRequirements Most(Address? facilitator = null) => new UptoTerms(_world.Dollar, FacilitatorWorld.Payee, 1000, 120, facilitator ?? _world.Sender).ToRequirements();

    private static FacilitatorRequest Take(FacilitatorRequest request, ulong amount) => request with { Requirements = request.Requirements with { Amount = amount.ToString(), Verbatim = null } };

    private async Task ShouldFailAsync(FacilitatorRequest request, string reason, bool settles = true)
    {
        for (var i = 0; i < 2; i++)
        {
            (await _world.Facilitator.VerifyAsync(request)).InvalidReason.ShouldBe(reason);
        }

        if (settles)
        {
            var settled = await _world.Facilitator.SettleAsync(request);
            (settled.Success, settled.Transaction, settled.ErrorReason).ShouldBe((false, "", reason));
        }

        _world.Node.Sends.ShouldBe(0);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(0UL);
    }

    [Fact]
    public async Task A_permit_is_valid_moves_nothing_then_settles_once_and_says_the_same_again()
    {
        var request = _payer.Request(Exact());
        for (var i = 0; i < 2; i++)
        {
            (await _world.Facilitator.VerifyAsync(request)).ShouldBe(new VerifyResponse(true, _payer.Address.ToString()));
        }

        _world.Node.Sends.ShouldBe(0);
        var settled = await _world.Facilitator.SettleAsync(request);
        settled.ErrorReason.ShouldBeNull(settled.ErrorMessage);
        (settled.Success, settled.Amount, settled.Network).ShouldBe((true, null, "eip155:84532"));
        (await _world.Facilitator.SettleAsync(request)).ShouldBe(settled);
        _world.Node.Sends.ShouldBe(1);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(1000UL);
        (await _world.BalanceAsync(_payer.Address)).ShouldBe(9000UL);
        (await _world.Facilitator.VerifyAsync(request)).InvalidReason.ShouldBe("permit2_invalid_nonce");
    }

    [Fact]
    public async Task What_is_wrong_with_a_permit_is_named_in_the_peers_order()
    {
        var now = _world.Now;
        (Func<Permit2Authorization, Permit2Authorization> Change, string Reason)[] faults =
        [
            (message => message with { Spender = Permit2.UptoProxy }, "invalid_permit2_spender"),
            (message => message with { To = _payer.Address }, "invalid_permit2_recipient_mismatch"),
            (message => message with { Deadline = now + 5 }, "permit2_deadline_expired"),
            (message => message with { ValidAfter = now + 60 }, "permit2_not_yet_valid"),
            (message => message with { Amount = 999 }, "permit2_amount_mismatch"),
            (message => message with { Amount = 1001 }, "permit2_amount_mismatch"),
            (message => message with { Token = FacilitatorWorld.Payee }, "permit2_token_mismatch"),
        ];
        foreach (var (change, reason) in faults)
        {
            await ShouldFailAsync(_payer.Request(Exact(), change), reason);
        }

        // All at once: the first in order is named.
        for (var first = 0; first < faults.Length; first++)
        {
            var rest = faults[first..];
            await ShouldFailAsync(_payer.Request(Exact(), message => rest.Reverse().Aggregate(message, (all, fault) => fault.Change(all))), faults[first].Reason, settles: false);
        }
    }

    [Fact]
    public async Task A_swapped_signature_or_field_is_refused()
    {
        await ShouldFailAsync(_payer.Request(Exact(), tamper: message => message with { Deadline = message.Deadline + 1 }), "invalid_permit2_signature");
        await ShouldFailAsync(_payer.Request(Exact(), tamper: message => message with { Nonce = message.Nonce + 1 }), "invalid_permit2_signature");
        await ShouldFailAsync(_payer.Request(Exact(), tamper: message => message with { From = FacilitatorWorld.Payee }), "invalid_permit2_signature");
        await ShouldFailAsync(_payer.Request(Exact(), signature: new byte[65]), "invalid_permit2_signature");
        await ShouldFailAsync(_payer.Request(Exact(), signature: []), "invalid_permit2_signature");
    }

    [Fact]
    public async Task An_asset_without_code_a_missing_proxy_and_what_the_payer_lacks_are_each_named()
    {
        await ShouldFailAsync(_payer.Request(Exact(FacilitatorWorld.KeyOf(90).Address)), "asset_not_deployed_contract");
        var poor = new Permits(_world.Clock, 12);
        await ShouldFailAsync(poor.Request(Exact()), "permit2_insufficient_balance");
        await _world.MintAsync(poor.Address, 1000);
        await ShouldFailAsync(poor.Request(Exact()), "permit2_allowance_required");
        await _world.ApproveAsync(poor.Key, 999);
        await ShouldFailAsync(poor.Request(Exact()), "permit2_allowance_required");
        await using var other = await FacilitatorWorld.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "other.db")));
        other.Chain.SetCode(Permit2.ExactProxy, []);
        var bare = new ExactPermit2Terms(other.Dollar, FacilitatorWorld.Payee, 1000, 120).ToRequirements();
        (await other.Facilitator.VerifyAsync(_payer.Request(bare))).InvalidReason.ShouldBe("permit2_proxy_not_deployed");
    }

    [Fact]
    public async Task Another_scheme_method_or_network_beside_the_terms_is_refused_by_the_peers_names()
    {
        var request = _payer.Request(Exact());
        var upto = _payer.Request(Most());
        await ShouldFailAsync(request with { Payload = request.Payload with { Accepted = upto.Payload.Accepted } }, "unsupported_payload_type");
        await ShouldFailAsync(upto with { Payload = upto.Payload with { Accepted = request.Payload.Accepted } }, "invalid_upto_evm_scheme");
        await ShouldFailAsync(request with { Payload = request.Payload with { Accepted = request.Payload.Accepted with { Network = "eip155:1" } } }, "invalid_exact_evm_network_mismatch");
        await ShouldFailAsync(upto with { Payload = upto.Payload with { Accepted = upto.Payload.Accepted with { Network = "eip155:1" } } }, "invalid_upto_evm_network_mismatch");
        await ShouldFailAsync(request with { Payload = request.Payload with { Payload = _world.Request(_world.Message(1)).Payload.Payload } }, "invalid_payload");
    }

    [Fact]
    public async Task A_permit_that_a_stranger_brought_on_chain_is_used_and_settles_nothing_more()
    {
        var request = _payer.Request(Exact());
        var proof = Permit2Proof.Read(PaymentSchemes.ReadTerms(request.Requirements, out _)!, Protocol.Json.JsonShape.Of(request.Payload.Payload));
        var a = proof.Authorization;
        var settle = AbiFunction.Parse("function settle(((address token, uint256 amount) permitted, uint256 nonce, uint256 deadline) permit, address owner, (address to, uint256 validAfter) witness, bytes signature)");
        using var stranger = FacilitatorWorld.KeyOf(33);
        var data = settle.Encode(new object[] { new object[] { a.Token, a.Amount }, a.Nonce, a.Deadline }, a.From, new object[] { a.To, a.ValidAfter }, proof.Signature.ToArray());
        (await _world.SendAsAsync(stranger, Permit2.ExactProxy, data)).Succeeded.ShouldBeTrue();
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(1000UL);
        (await _world.Facilitator.VerifyAsync(request)).InvalidReason.ShouldBe("permit2_invalid_nonce");
        (await _world.Facilitator.SettleAsync(request)).ErrorReason.ShouldBe("permit2_invalid_nonce");
        _world.Node.Sends.ShouldBe(0);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(1000UL);
    }

    [Fact]
    public async Task Of_upto_a_part_is_taken_once_and_another_part_of_the_same_permit_is_refused()
    {
        var request = _payer.Request(Most());
        (await _world.Facilitator.VerifyAsync(request)).IsValid.ShouldBeTrue();
        var settled = await _world.Facilitator.SettleAsync(Take(request, 250));
        settled.ErrorReason.ShouldBeNull(settled.ErrorMessage);
        (settled.Success, settled.Amount).ShouldBe((true, "250"));
        (await _world.Facilitator.SettleAsync(Take(request, 250))).ShouldBe(settled);
        (await _world.Facilitator.SettleAsync(Take(request, 750))).ErrorReason.ShouldBe("permit2_invalid_nonce");
        (await _world.Facilitator.SettleAsync(request)).ErrorReason.ShouldBe("permit2_invalid_nonce");
        _world.Node.Sends.ShouldBe(1);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(250UL);
    }

    [Fact]
    public async Task Of_upto_nothing_is_a_success_without_a_transaction_after_which_nothing_more_can_be_taken()
    {
        var request = _payer.Request(Most());
        for (var i = 0; i < 2; i++)
        {
            (await _world.Facilitator.SettleAsync(Take(request, 0))).ShouldBe(new SettleResponse(true, "", "eip155:84532", _payer.Address.ToString()) { Amount = "0" });
        }

        (await _world.Facilitator.SettleAsync(Take(request, 1))).ErrorReason.ShouldBe("permit2_invalid_nonce");
        _world.Node.Sends.ShouldBe(0);
    }

    [Fact]
    public async Task Of_upto_more_than_was_signed_is_refused_and_a_lie_about_what_was_signed_voids_the_signature()
    {
        var request = _payer.Request(Most());
        (await _world.Facilitator.SettleAsync(Take(request, 1001))).ErrorReason.ShouldBe("invalid_upto_evm_payload_settlement_exceeds_amount");
        await ShouldFailAsync(_payer.Request(Most(), tamper: message => message with { Amount = 2000 }), "permit2_amount_mismatch", settles: false);
        var raised = _payer.Request(Most(), tamper: message => message with { Amount = 2000 });
        (await _world.Facilitator.SettleAsync(Take(raised, 1500))).ErrorReason.ShouldBe("invalid_permit2_signature");
        _world.Node.Sends.ShouldBe(0);
    }

    [Fact]
    public async Task Of_upto_a_witness_for_another_facilitator_is_refused()
    {
        await ShouldFailAsync(_payer.Request(Most(FacilitatorWorld.KeyOf(44).Address)), "upto_facilitator_mismatch");
        await ShouldFailAsync(_payer.Request(Most(), message => message with { Facilitator = FacilitatorWorld.KeyOf(44).Address }), "upto_facilitator_mismatch");
        await ShouldFailAsync(_payer.Request(Most(), tamper: message => message with { ValidAfter = 1 }), "invalid_permit2_signature");
    }

    [Fact]
    public async Task Any_part_of_any_permit_moves_exactly_that_part()
    {
        var sum = UInt256.Zero;
        await Seeded.RunAsync(6, async random =>
        {
            var taken = (ulong)random.Next(1000) + 1;
            var settled = await _world.Facilitator.SettleAsync(Take(_payer.Request(Most()), taken));
            settled.Amount.ShouldBe(taken.ToString());
            sum += taken;
            (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(sum);
        });
    }

    [Fact]
    public async Task What_is_supported_names_the_schemes_and_who_settles_upto()
    {
        var supported = await _world.Facilitator.GetSupportedAsync();
        supported.Kinds.Select(kind => (kind.Version, kind.Scheme, kind.Network)).ShouldBe([(2, "exact", "eip155:84532"), (2, "upto", "eip155:84532"), (1, "exact", "base-sepolia")]);
        supported.Kinds[1].Extra!.Value.GetProperty("facilitatorAddress").GetString().ShouldBe(_world.Sender.ToString());
    }
}
