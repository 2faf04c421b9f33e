using Purser.Ethereum;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;
using Purser.Testing;

namespace Purser.Services.Tests.Facilitator;

/// <summary>Every reason for which a payment is refused (specs/x402.md 5.1), on a real chain with the real token.</summary>
public sealed class VerifyTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-verify-").FullName;
    private FacilitatorWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await FacilitatorWorld.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")));

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_strangers_token_costs_the_facilitator_no_gas()
    {
        var chains = new Dictionary<ChainId, FacilitatorChain>
        {
            [FacilitatorWorld.Network] = new(_world.Node, _world.Lane) { Tokens = new HashSet<Address> { FacilitatorWorld.Payee } },
        };
        var narrow = new EvmFacilitator(chains, new SettlementBook(_world.Store, _world.Clock), _world.Clock, TimeSpan.Zero);
        var request = _world.Request(_world.Message(1));
        (await narrow.VerifyAsync(request)).InvalidReason.ShouldBe("invalid_payment_requirements");
        (await narrow.SettleAsync(request)).ErrorReason.ShouldBe("invalid_payment_requirements");
        _world.Node.Sends.ShouldBe(0);
        (await _world.Facilitator.SettleAsync(request)).Success.ShouldBeTrue(); // one that takes any token settles it
    }

    [Fact]
    public async Task A_good_payment_is_valid_and_moves_nothing()
    {
        await ShouldBeValidAsync(_world.Request(_world.Message(1)));
        _world.Node.Sends.ShouldBe(0);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(UInt256.Zero);
    }

    [Fact]
    public async Task Another_scheme_on_either_side_is_refused()
    {
        var request = _world.Request(_world.Message(1));
        await ShouldFailAsync(request with { Requirements = request.Requirements with { Scheme = "upto", Verbatim = null } }, "invalid_upto_evm_scheme");
        await ShouldFailAsync(request with { Requirements = request.Requirements with { Scheme = "deferred", Verbatim = null } }, "invalid_exact_evm_scheme");
        await ShouldFailAsync(request with { Payload = request.Payload with { Accepted = request.Requirements with { Scheme = "upto", Verbatim = null } } }, "invalid_exact_evm_scheme");
    }

    [Fact]
    public async Task Terms_without_the_tokens_domain_are_refused()
    {
        var request = _world.Request(_world.Message(1));
        await ShouldFailAsync(request with { Requirements = request.Requirements with { Extra = null } }, "invalid_exact_evm_missing_eip712_domain");
        await ShouldFailAsync(request with { Requirements = request.Requirements with { Extra = System.Text.Json.JsonElement.Parse("""{"name":"Test USD"}""") } }, "invalid_exact_evm_missing_eip712_domain");
    }

    [Fact]
    public async Task Another_network_than_the_terms_or_one_that_is_not_served_is_refused()
    {
        var request = _world.Request(_world.Message(1));
        await ShouldFailAsync(request with { Payload = request.Payload with { Accepted = _world.Requirements(network: new(8453)) } }, "invalid_exact_evm_network_mismatch");
        await ShouldFailAsync(_world.Request(_world.Message(1), _world.Requirements(network: new(8453))), "invalid_exact_evm_network_mismatch");
        await ShouldFailAsync(request with { Requirements = request.Requirements with { Network = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp" } }, "invalid_exact_evm_network_mismatch");
    }

    [Fact]
    public async Task A_wrapper_for_a_wallet_that_is_still_to_be_deployed_is_refused_and_nothing_is_deployed()
    {
        byte[] wrapped = [.. new byte[96], .. _world.Sign(_world.Message(1)), .. Convert.FromHexString(string.Concat(Enumerable.Repeat("6492", 16)))];
        await ShouldFailAsync(_world.Request(_world.Message(1), signature: wrapped), "eip6492_factory_not_allowed");
        var settled = await _world.Facilitator.SettleAsync(_world.Request(_world.Message(1), signature: wrapped));
        settled.ErrorReason.ShouldBe("eip6492_factory_not_allowed");
        _world.Node.Sends.ShouldBe(0);
    }

    [Fact]
    public async Task A_signature_in_any_but_the_one_strict_form_of_the_payers_key_is_refused()
    {
        var message = _world.Message(1);
        var good = _world.Sign(message);
        using var stranger = FacilitatorWorld.KeyOf(99);
        var s = UInt256.FromBigEndian(good.AsSpan(32, 32));
        var wrong = new Dictionary<string, byte[]>
        {
            ["another key"] = _world.Sign(message, key: stranger),
            ["high s"] = [.. good[..32], .. (Signature.Order - s).ToBigEndian(), (byte)(55 - good[64])],
            ["v 0 or 1"] = [.. good[..64], (byte)(good[64] - 27)],
            ["the other v"] = [.. good[..64], (byte)(55 - good[64])],
            ["v 29"] = [.. good[..64], 29],
            ["64 bytes"] = good[..64],
            ["66 bytes"] = [.. good, 0],
            ["empty"] = [],
            ["zeros"] = new byte[65],
        };
        foreach (var (name, signature) in wrong)
        {
            await ShouldFailAsync(_world.Request(message, signature: signature), "invalid_exact_evm_signature", name);
        }

        await ShouldBeValidAsync(_world.Request(message, signature: good));
    }

    [Fact]
    public async Task Every_altered_field_voids_the_signature()
    {
        var message = _world.Message(1);
        var signature = _world.Sign(message);
        Eip3009Authorization[] altered =
        [
            message with { From = FacilitatorWorld.Payee }, message with { To = _world.Payer.Address }, message with { Value = 999 }, message with { ValidAfter = 1 },
            message with { ValidBefore = message.ValidBefore + 1 }, message with { Nonce = new Hash32(new Seeded(5).Bytes(32)) },
        ];
        foreach (var other in altered)
        {
            await ShouldFailAsync(_world.Request(other, signature: signature), "invalid_exact_evm_signature");
        }
    }

    [Fact]
    public async Task A_single_flipped_bit_anywhere_in_the_signature_voids_it()
    {
        var message = _world.Message(1);
        var signature = _world.Sign(message);
        await Seeded.RunAsync(40, async random =>
        {
            var bad = (byte[])signature.Clone();
            bad[random.Next(65)] ^= (byte)(1 << random.Next(8));
            await ShouldFailAsync(_world.Request(message, signature: bad), "invalid_exact_evm_signature");
        });
    }

    [Fact]
    public async Task A_contract_payer_is_asked_by_ERC_1271_and_its_yes_counts()
    {
        var wallet = Address.Parse("0x1000000000000000000000000000000000001271");
        _world.Chain.SetCode(wallet, Wallets.TakesAnythingWithMark);
        await _world.MintAsync(wallet, 5000);
        var message = _world.Message(1, wallet);
        await ShouldBeValidAsync(_world.Request(message, signature: new byte[] { 0x42, 1, 2, 3 }));
        byte[] sixtyFive = [0x42, .. new byte[64]];
        await ShouldBeValidAsync(_world.Request(message, signature: sixtyFive));
        await ShouldFailAsync(_world.Request(message, signature: new byte[] { 0x41, 1, 2, 3 }), "invalid_exact_evm_signature");
    }

    [Fact]
    public async Task Anything_but_the_magic_word_of_a_contract_is_a_no()
    {
        var wallet = Address.Parse("0x1000000000000000000000000000000000001271");
        await _world.MintAsync(wallet, 5000);
        foreach (var code in new[] { Wallets.TakesNothing, Wallets.DirtyWord, Wallets.FourBytes, Wallets.Reverts, Wallets.Swallows, Wallets.SaysOne })
        {
            _world.Chain.SetCode(wallet, code);
            await ShouldFailAsync(_world.Request(_world.Message(1, wallet), signature: new byte[] { 0x42 }), "invalid_exact_evm_signature", Convert.ToHexString(code));
        }

        _world.Chain.SetCode(wallet, Wallets.TwoWords);
        await ShouldBeValidAsync(_world.Request(_world.Message(1, wallet), signature: new byte[] { 0x42 }));
    }

    [Fact]
    public async Task An_account_with_code_cannot_fall_back_to_its_key()
    {
        var message = _world.Message(1);
        var signature = _world.Sign(message);
        signature[0].ShouldNotBe((byte)0x42);
        AccountSignature.IsOfKey(_world.Payer.Address, Eip3009.Digest(message, Eip3009.DomainSeparator("Test USD", "1", _world.Dollar)), signature).ShouldBeTrue();

        _world.Chain.SetCode(_world.Payer.Address, Wallets.TakesAnythingWithMark);

        await ShouldFailAsync(_world.Request(message, signature: signature), "invalid_exact_evm_signature");
    }

    [Fact]
    public async Task A_payment_to_somebody_else_is_refused() =>
        await ShouldFailAsync(_world.Request(_world.Message(1) with { To = FacilitatorWorld.KeyOf(7).Address }), "invalid_exact_evm_recipient_mismatch");

    [Fact]
    public async Task A_payment_that_expires_within_six_seconds_is_refused()
    {
        await ShouldFailAsync(_world.Request(_world.Message(1) with { ValidBefore = _world.Now - 1 }), "invalid_exact_evm_payload_authorization_valid_before");
        await ShouldFailAsync(_world.Request(_world.Message(1) with { ValidBefore = _world.Now + 5 }), "invalid_exact_evm_payload_authorization_valid_before");
        await ShouldBeValidAsync(_world.Request(_world.Message(1) with { ValidBefore = _world.Now + 6 }));
        await ShouldBeValidAsync(_world.Request(_world.Message(1) with { ValidBefore = UInt256.MaxValue }));
    }

    [Fact]
    public async Task A_payment_that_is_not_yet_valid_is_refused()
    {
        await ShouldFailAsync(_world.Request(_world.Message(1) with { ValidAfter = _world.Now + 1 }), "invalid_exact_evm_payload_authorization_valid_after");
        await ShouldFailAsync(_world.Request(_world.Message(1) with { ValidAfter = UInt256.MaxValue }), "invalid_exact_evm_payload_authorization_valid_after");
        await ShouldBeValidAsync(_world.Request(_world.Message(1) with { ValidAfter = _world.Now - 600 }));
    }

    [Fact]
    public async Task Any_other_amount_is_refused_more_as_well_as_less()
    {
        foreach (var amount in new ulong[] { 0, 999, 1001 })
        {
            await ShouldFailAsync(_world.Request(_world.Message(1) with { Value = amount }), "invalid_exact_evm_payload_authorization_value_mismatch");
        }
    }

    [Fact]
    public async Task Where_several_things_are_wrong_the_first_in_order_is_named()
    {
        var message = _world.Message(1) with { To = _world.Payer.Address, ValidBefore = 1, ValidAfter = UInt256.MaxValue, Value = 1 };
        await ShouldFailAsync(_world.Request(message), "invalid_exact_evm_recipient_mismatch");
        await ShouldFailAsync(_world.Request(message with { To = FacilitatorWorld.Payee }), "invalid_exact_evm_payload_authorization_valid_before");
        await ShouldFailAsync(_world.Request(message with { To = FacilitatorWorld.Payee, ValidBefore = _world.Now + 60 }), "invalid_exact_evm_payload_authorization_valid_after");
        var bare = _world.Requirements(token: Address.Parse("0x2000000000000000000000000000000000000001"));
        await ShouldFailAsync(_world.Request(_world.Message(1) with { Value = 1 }, bare), "invalid_exact_evm_payload_authorization_value_mismatch");
        await ShouldFailAsync(_world.Request(message, signature: new byte[65]), "invalid_exact_evm_signature");
    }

    [Fact]
    public async Task A_token_without_code_is_refused() =>
        await ShouldFailAsync(_world.Request(_world.Message(1), _world.Requirements(token: Address.Parse("0x2000000000000000000000000000000000000001"))), "asset_not_deployed_contract");

    [Fact]
    public async Task A_token_that_does_not_speak_EIP_3009_is_refused_also_when_it_swallows_every_call()
    {
        var token = Address.Parse("0x2000000000000000000000000000000000000002");
        foreach (var code in new[] { Wallets.Reverts, Wallets.Swallows })
        {
            _world.Chain.SetCode(token, code);
            var request = _world.Request(_world.Message(1), _world.Requirements(token: token));
            await ShouldFailAsync(request, "invalid_exact_evm_eip3009_not_supported");
            (await _world.Facilitator.SettleAsync(request)).ErrorReason.ShouldBe("invalid_exact_evm_eip3009_not_supported");
        }

        _world.Node.Sends.ShouldBe(0);
    }

    [Fact]
    public async Task A_used_nonce_is_refused()
    {
        var message = _world.Message(1);
        await _world.SubmitDirectlyAsync(message, _world.Sign(message));
        await ShouldFailAsync(_world.Request(message), "invalid_exact_evm_nonce_already_used");
    }

    [Fact]
    public async Task Terms_with_another_domain_than_the_tokens_are_named_as_that()
    {
        await ShouldFailAsync(_world.Request(_world.Message(1), _world.Requirements(name: "USD Coin")), "invalid_exact_evm_token_name_mismatch");
        await ShouldFailAsync(_world.Request(_world.Message(1), _world.Requirements(version: "2")), "invalid_exact_evm_token_version_mismatch");
    }

    [Fact]
    public async Task A_payer_who_does_not_hold_the_amount_is_refused()
    {
        using var poor = FacilitatorWorld.KeyOf(50);
        await ShouldFailAsync(_world.Request(_world.Message(1, poor.Address), key: poor), "invalid_exact_evm_insufficient_balance");
        await _world.MintAsync(poor.Address, 999);
        await ShouldFailAsync(_world.Request(_world.Message(1, poor.Address), key: poor), "invalid_exact_evm_insufficient_balance");
        await _world.MintAsync(poor.Address, 1);
        await ShouldBeValidAsync(_world.Request(_world.Message(1, poor.Address), key: poor));
    }

    [Fact]
    public async Task A_wallet_that_says_yes_to_us_and_no_to_the_token_fails_the_simulation()
    {
        var wallet = Address.Parse("0x1000000000000000000000000000000000001272");
        _world.Chain.SetCode(wallet, Wallets.TwoFaced);
        await _world.MintAsync(wallet, 5000);
        await ShouldFailAsync(_world.Request(_world.Message(1, wallet), signature: new byte[] { 0x42 }), "invalid_exact_evm_transaction_simulation_failed");
    }

    [Fact]
    public async Task A_chain_that_cannot_be_asked_is_a_fault_and_no_refusal()
    {
        _world.Node.Down = true;
        var fault = await Should.ThrowAsync<FacilitatorException>(() => _world.Facilitator.VerifyAsync(_world.Request(_world.Message(1))));
        fault.IsTransient.ShouldBeTrue();
        fault.IsIndeterminate.ShouldBeFalse();
        _world.Node.Down = false;
        await ShouldBeValidAsync(_world.Request(_world.Message(1)));
    }

    [Fact]
    public async Task What_cannot_be_read_is_a_refusal_with_the_member_named()
    {
        var request = _world.Request(_world.Message(1));
        foreach (var payload in new[] { "{}", """{"signature":"0x"}""", """{"signature":"0xzz","authorization":{}}""", """{"signature":"0x00","authorization":{"from":1}}""" })
        {
            var verdict = await _world.Facilitator.VerifyAsync(request with { Payload = request.Payload with { Payload = System.Text.Json.JsonElement.Parse(payload) } });
            verdict.InvalidReason.ShouldBe("invalid_payload");
            verdict.InvalidMessage.ShouldNotBeNullOrEmpty();
        }
    }

    private async Task ShouldBeValidAsync(FacilitatorRequest request)
    {
        for (var i = 0; i < 2; i++)
        {
            var verdict = await _world.Facilitator.VerifyAsync(request);
            verdict.InvalidReason.ShouldBeNull(verdict.InvalidMessage);
            verdict.IsValid.ShouldBeTrue();
            verdict.Payer.ShouldNotBeNull();
        }
    }

    private async Task ShouldFailAsync(FacilitatorRequest request, string reason, string? because = null)
    {
        for (var i = 0; i < 2; i++)
        {
            var verdict = await _world.Facilitator.VerifyAsync(request);
            verdict.InvalidReason.ShouldBe(reason, because ?? verdict.InvalidMessage);
            verdict.IsValid.ShouldBeFalse();
        }
    }
}
