using System.Net;
using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Payments;

namespace Purser.Services.Tests.Payments.Facilitator;

/// <summary>The facilitator on a real chain: each reason by the string that peers send, and money that moves once.</summary>
public sealed class EvmFacilitatorTests : IAsyncLifetime
{
    private MoneyWorld _world = null!;
    private Payer _payer = null!;
    private PaymentRequirements _terms = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await MoneyWorld.OpenAsync();
        _payer = new(_world.Clock, 9);
        await _world.MintAsync(_payer.Address, 10_000);
        _terms = Terms();
    }

    public async ValueTask DisposeAsync() => await _world.DisposeAsync();

    private PaymentRequirements Terms(string name = "Test USD", string version = "1", Address? asset = null, ChainId? chain = null) =>
        new ExactEip3009Terms(new(chain ?? _world.Dollar.Chain, asset ?? _world.Dollar.Token), Shop.Seller, Shop.Price, 300, name, version).ToRequirements();

    private static FacilitatorRequest Request(string header, PaymentRequirements? terms = null)
    {
        var payload = PaymentPayload.Read(PaymentHeader.Decode(header));
        return new(payload, terms ?? payload.Accepted);
    }

    private async Task ShouldBeInvalid(FacilitatorRequest request, string reason)
    {
        var verified = await _world.Remote.VerifyAsync(request);
        verified.IsValid.ShouldBeFalse();
        verified.InvalidReason.ShouldBe(reason);
        var settled = await _world.Remote.SettleAsync(request);
        settled.Success.ShouldBeFalse();
        settled.Transaction.ShouldBe("");
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(0UL);
        (await _world.Chain.GetTransactionCountAsync(_world.Sender)).ShouldBe(0UL);
    }

    [Fact]
    public async Task A_right_payment_is_valid_and_settles_by_a_transaction_that_the_chain_knows()
    {
        var request = Request(_payer.Pay(_terms));
        (await _world.Remote.VerifyAsync(request)).ShouldBe(new VerifyResponse(true, _payer.Address.ToString()));
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(0UL);
        var settled = await _world.Remote.SettleAsync(request);
        settled.Success.ShouldBeTrue();
        settled.Network.ShouldBe("eip155:84532");
        settled.Payer.ShouldBe(_payer.Address.ToString());
        (await _world.Chain.GetTransactionReceiptAsync(Hash32.Parse(settled.Transaction))).ShouldNotBeNull().Succeeded.ShouldBeTrue();
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
        (await _world.BalanceAsync(_payer.Address)).ShouldBe(9_000UL);
    }

    [Fact]
    public async Task Many_settlements_of_one_payment_send_one_transaction_and_say_the_same()
    {
        var request = Request(_payer.Pay(_terms));
        var settled = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => _world.Remote.SettleAsync(request)));
        settled.ShouldAllBe(answer => answer.Success && answer.Transaction == settled[0].Transaction);
        (await _world.Remote.SettleAsync(request)).ShouldBe(settled[0]);
        (await _world.Chain.GetTransactionCountAsync(_world.Sender)).ShouldBe(1UL);
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
        (await _world.Remote.VerifyAsync(request)).InvalidReason.ShouldBe("invalid_exact_evm_nonce_already_used");
    }

    [Fact]
    public Task Another_payee_is_invalid() =>
        ShouldBeInvalid(Request(_payer.Pay(_terms, message => message with { To = _payer.Address })), "invalid_exact_evm_recipient_mismatch");

    [Theory]
    [InlineData(999)]
    [InlineData(1001)]
    public Task Another_amount_is_invalid(ulong amount) =>
        ShouldBeInvalid(Request(_payer.Pay(_terms, message => message with { Value = amount })), "invalid_exact_evm_payload_authorization_value_mismatch");

    [Fact]
    public Task An_expired_one_is_invalid() =>
        ShouldBeInvalid(Request(_payer.Pay(_terms, message => message with { ValidBefore = _world.Clock.UnixSeconds + 5 })), "invalid_exact_evm_payload_authorization_valid_before");

    [Fact]
    public Task One_not_yet_valid_is_invalid() =>
        ShouldBeInvalid(Request(_payer.Pay(_terms, message => message with { ValidAfter = _world.Clock.UnixSeconds + 60 })), "invalid_exact_evm_payload_authorization_valid_after");

    [Fact]
    public Task A_tampered_one_is_invalid() =>
        ShouldBeInvalid(Request(_payer.Pay(_terms, tamper: message => message with { ValidBefore = message.ValidBefore + 1 })), "invalid_exact_evm_signature");

    [Fact]
    public Task A_signature_with_high_s_is_invalid_as_the_chain_would_say() => ShouldBeInvalid(
        Request(Payer.WithSignature(_payer.Pay(_terms), bytes =>
        {
            (Signature.Order - UInt256.FromBigEndian(bytes.AsSpan(32, 32))).WriteBigEndian(bytes.AsSpan(32, 32));
            bytes[64] = (byte)(55 - bytes[64]);
            return bytes;
        })),
        "invalid_exact_evm_signature");

    [Fact]
    public Task Terms_without_a_domain_are_invalid() =>
        ShouldBeInvalid(Request(_payer.Pay(_terms), _terms with { Extra = null }), "invalid_exact_evm_missing_eip712_domain");

    [Fact]
    public Task Another_scheme_is_invalid() =>
        ShouldBeInvalid(Request(_payer.Pay(_terms), _terms with { Scheme = "upto" }), "invalid_upto_evm_scheme");

    [Fact]
    public Task A_network_other_than_the_terms_is_invalid() =>
        ShouldBeInvalid(Request(_payer.Pay(Terms(chain: new ChainId(1)), accepted: Terms(chain: new ChainId(1))), _terms), "invalid_exact_evm_network_mismatch");

    [Fact]
    public Task A_network_that_is_not_served_is_invalid() =>
        ShouldBeInvalid(Request(_payer.Pay(Terms(chain: new ChainId(1)))), "invalid_exact_evm_network_mismatch");

    [Fact]
    public async Task A_domain_that_is_not_the_tokens_is_named()
    {
        await ShouldBeInvalid(Request(_payer.Pay(Terms(name: "USD Coin"))), "invalid_exact_evm_token_name_mismatch");
        await ShouldBeInvalid(Request(_payer.Pay(Terms(version: "2"))), "invalid_exact_evm_token_version_mismatch");
    }

    [Fact]
    public Task An_asset_without_code_is_invalid() =>
        ShouldBeInvalid(Request(_payer.Pay(Terms(asset: _payer.Address))), "asset_not_deployed_contract");

    [Fact]
    public async Task A_payer_without_the_money_is_invalid()
    {
        var poor = new Payer(_world.Clock, 10);
        await ShouldBeInvalid(Request(poor.Pay(_terms)), "invalid_exact_evm_insufficient_balance");
    }

    [Fact]
    public async Task A_wrapped_signature_of_an_account_that_does_not_exist_yet_is_refused_by_its_factory()
    {
        // ERC-6492: a factory of the payer's choosing would be called from the facilitator's funded key.
        var wrapped = Payer.WithSignature(_payer.Pay(_terms), bytes =>
        {
            var inner = new AbiWrapped(_world.Dollar.Token, bytes).Encode();
            return [.. inner, .. Enumerable.Repeat((byte[])[0x64, 0x92], 16).SelectMany(pair => pair)];
        });
        await ShouldBeInvalid(Request(wrapped), "eip6492_factory_not_allowed");
    }

    [Fact]
    public async Task A_key_whose_account_has_code_is_judged_by_its_code_alone()
    {
        // Code that returns nothing (STOP) accepts nothing by ERC-1271, though the key's own signature is right.
        _world.Chain.SetCode(_payer.Address, [0x00]);
        await ShouldBeInvalid(Request(_payer.Pay(_terms)), "invalid_exact_evm_signature");
    }

    [Fact]
    public async Task What_it_supports_names_the_kinds_and_the_account_that_sends()
    {
        var supported = await _world.Remote.GetSupportedAsync();
        supported.Kinds.Select(kind => (kind.Version, kind.Scheme, kind.Network)).ShouldBe([(2, "exact", "eip155:84532"), (2, "upto", "eip155:84532"), (1, "exact", "base-sepolia")]);
        supported.Supports("upto", "eip155:84532").ShouldBeTrue();
        supported.Signers["eip155:*"].ShouldBe([_world.Sender.ToString()]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"x402Version":2}""")]
    [InlineData("""{"x402Version":2,"x402Version":2,"paymentPayload":{},"paymentRequirements":{}}""")]
    [InlineData("""{"x402Version":2,"paymentPayload":{"x402Version":2,"accepted":5,"payload":{}},"paymentRequirements":{}}""")]
    public async Task A_body_that_cannot_be_read_is_refused_in_the_protocols_shape(string body)
    {
        foreach (var (path, member) in ((string, string)[])[("/verify", "isValid"), ("/settle", "success")])
        {
            using var response = await _world.FacilitatorHttp.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            Payer.Body(await response.Content.ReadAsStringAsync()).GetProperty(member).GetBoolean().ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_body_of_a_megabyte_is_refused_unread()
    {
        using var response = await _world.FacilitatorHttp.PostAsync("/verify", new ByteArrayContent(new byte[1 << 20]));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    /// <summary>abi.encode(address factory, bytes calldata, bytes signature).</summary>
    private sealed record AbiWrapped(Address Factory, byte[] Signature)
    {
        public byte[] Encode() => AbiFunction.Parse("function wrapped(address factory, bytes data, bytes signature)").Inputs.Encode(Factory, (byte[])[1, 2, 3, 4], Signature);
    }
}
