using System.Net;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Services.Tests.Payments;
using Purser.Storage;

namespace Purser.Services.Tests.Facilitator;

/// <summary>Reasons of specs/x402.md 6 that only a contract's or a node's odd behaviour brings up, and the chain being down.</summary>
public sealed class RareReasonTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-rare-").FullName;
    private FacilitatorWorld _world = null!;
    private Permits _payer = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await FacilitatorWorld.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")));
        _payer = new(_world.Clock, 81);
        await _world.MintAsync(_payer.Address, 10_000);
        await _world.ApproveAsync(_payer.Key, 10_000);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private PaymentRequirements Exact(Address? token = null) => new ExactPermit2Terms(new(FacilitatorWorld.Network, token ?? _world.Dollar.Token), FacilitatorWorld.Payee, 1000, 120).ToRequirements();

    private PaymentRequirements Most() => new UptoTerms(_world.Dollar, FacilitatorWorld.Payee, 1000, 120, _world.Sender).ToRequirements();

    // What the proxies and Permit2 check themselves, the facilitator has checked before; should they see it otherwise, it passes on what they say.
    [Theory]
    [InlineData("InvalidAmount()", "permit2_invalid_amount")]
    [InlineData("InvalidAmount(uint256)", "permit2_invalid_amount")]
    [InlineData("InvalidDestination()", "permit2_invalid_destination")]
    [InlineData("InvalidOwner()", "permit2_invalid_owner")]
    [InlineData("PaymentTooEarly()", "permit2_payment_too_early")]
    [InlineData("InvalidNonce()", "permit2_invalid_nonce")]
    [InlineData("SignatureExpired(uint256)", "permit2_deadline_expired")]
    [InlineData("InvalidSigner()", "invalid_permit2_signature")]
    [InlineData("InvalidContractSignature()", "invalid_permit2_signature")]
    [InlineData("Permit2612AmountMismatch()", "permit2_2612_amount_mismatch")]
    public async Task What_a_contract_reverts_with_is_named(string error, string reason)
    {
        SayOf(Permit2.ExactProxy, error);
        (await _world.Facilitator.VerifyAsync(_payer.Request(Exact()))).InvalidReason.ShouldBe(reason);
        await NothingMovedAsync();
    }

    [Theory]
    [InlineData("AmountExceedsPermitted()", "upto_amount_exceeds_permitted")]
    [InlineData("UnauthorizedFacilitator()", "upto_unauthorized_facilitator")]
    public async Task What_the_proxy_of_upto_reverts_with_is_named(string error, string reason)
    {
        SayOf(Permit2.UptoProxy, error);
        (await _world.Facilitator.VerifyAsync(_payer.Request(Most()))).InvalidReason.ShouldBe(reason);
        await NothingMovedAsync();
    }

    [Theory]
    [InlineData("escrow")]
    [InlineData("later")]
    public async Task A_flow_that_is_not_spoken_is_refused_by_its_name(string flow)
    {
        var terms = _world.Terms with { Extra = System.Text.Json.JsonElement.Parse($$"""{"name":"Test USD","version":"1","paymentFlow":"{{flow}}"}"""), Verbatim = null };
        var request = _world.Request(_world.Message(1)) with { Requirements = terms };
        var same = request with { Payload = request.Payload with { Accepted = terms } };
        (await _world.Facilitator.VerifyAsync(same)).InvalidReason.ShouldBe("unsupported_payment_flow");
        (await _world.Facilitator.SettleAsync(same)).ErrorReason.ShouldBe("unsupported_payment_flow");
        await NothingMovedAsync();
    }

    [Fact]
    public async Task A_token_that_holds_all_and_gives_nothing_fails_the_simulation()
    {
        // Everything is as large as can be, and transferFrom reverts.
        var token = Address.Parse("0x2000000000000000000000000000000000000023");
        _world.Chain.SetCode(token, Convert.FromHexString("60003560e01c6323b872dd14601a576000196000526020" + "6000f35b60006000fd"));
        var request = _payer.Request(Exact(token));
        (await _world.Facilitator.VerifyAsync(request)).InvalidReason.ShouldBe("permit2_simulation_failed");
        (await _world.Facilitator.SettleAsync(request)).ErrorReason.ShouldBe("permit2_simulation_failed");
        await NothingMovedAsync();
    }

    [Fact]
    public async Task A_permit_that_is_used_up_between_estimate_and_block_has_failed_and_the_reason_is_that_it_is_used()
    {
        var request = _payer.Request(Most());
        _world.Node.AfterEstimate = async () =>
        {
            // Permit2 lets an owner void nonces of his own.
            _world.Node.AfterEstimate = () => Task.CompletedTask;
            var proof = Permit2Proof.Read(PaymentSchemes.ReadTerms(request.Requirements, out _)!, Protocol.Json.JsonShape.Of(request.Payload.Payload));
            var invalidate = AbiFunction.Parse("invalidateUnorderedNonces(uint256,uint256)").Encode(proof.Authorization.Nonce >> 8, UInt256.One << (int)(proof.Authorization.Nonce.U0 & 255));
            (await _world.SendAsAsync(_payer.Key, Permit2.Contract, invalidate)).Succeeded.ShouldBeTrue();
        };
        var settled = await _world.Facilitator.SettleAsync(request);
        (settled.Success, settled.ErrorReason).ShouldBe((false, "permit2_invalid_nonce"));
        (await _world.Facilitator.SettleAsync(request)).ShouldBe(settled);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(0UL);
    }

    [Fact]
    public async Task An_approval_that_is_taken_back_between_estimate_and_block_is_a_failed_transaction_of_upto()
    {
        var request = _payer.Request(Most());
        _world.Node.AfterEstimate = async () =>
        {
            _world.Node.AfterEstimate = () => Task.CompletedTask;
            await _world.ApproveAsync(_payer.Key, 0);
        };
        var settled = await _world.Facilitator.SettleAsync(request);
        (settled.Success, settled.ErrorReason).ShouldBe((false, "invalid_upto_evm_transaction_failed"));
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(0UL);
    }

    [Fact]
    public async Task A_factory_that_makes_the_wallet_only_when_it_is_asked_and_not_when_it_is_sent_to_ends_as_a_failed_deployment()
    {
        // ORIGIN is zero in a question: then CREATE2 of the calldata; in a transaction nothing.
        var factory = Address.Parse("0x2000000000000000000000000000000000000024");
        _world.Chain.SetCode(factory, Convert.FromHexString("3215600657005b3660006000376000366000" + "6000f55000"));
        byte[] creation = [0x60, (byte)Wallets.TakesAnythingWithMark.Length, 0x80, 0x60, 0x09, 0x3d, 0x39, 0x3d, 0xf3, .. Wallets.TakesAnythingWithMark];
        var wallet = new Address(Keccak256.Hash([0xff, .. factory.ToArray(), .. new byte[32], .. Keccak256.Hash(creation).ToArray()]).Bytes[12..]);
        await _world.MintAsync(wallet, 5000);
        var allowing = new EvmFacilitator(new Dictionary<ChainId, FacilitatorChain> { [FacilitatorWorld.Network] = new(_world.Node, _world.Lane) { Factories = FactoryRule.Only(factory) } }, new SettlementBook(_world.Store, _world.Clock), _world.Clock, TimeSpan.Zero);
        var request = _world.Request(_world.Message(1, wallet), signature: new WrappedSignature(factory, creation, new byte[] { 0x42 }).Encode());
        (await allowing.SettleAsync(request)).ErrorReason.ShouldBe("smart_wallet_deployment_failed");
        (await _world.Chain.GetCodeAsync(wallet)).ShouldBeEmpty();
        (await _world.BalanceAsync(wallet)).ShouldBe(5000UL);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(0UL);
    }

    [Fact]
    public async Task A_seller_whose_chain_is_down_answers_503_with_a_time_serves_nothing_and_takes_the_same_payment_later()
    {
        await using var shop = await Shop.OpenAsync(_world.Facilitator, _world.Clock, StoreUrl.ForFile(Path.Combine(_folder, "shop.db")), options => options.Chain = _world.Node, AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(_world.Dollar)));
        var payer = new Payer(_world.Clock, 82);
        await _world.MintAsync(payer.Address, 5000);
        using var client = shop.Client();
        foreach (var path in new[] { "/report", "/upfront" })
        {
            var payment = payer.Pay(await shop.TermsAsync(path));
            var (runs, balance) = (shop.Runs, await _world.BalanceAsync(Shop.Seller));
            _world.Node.Down = true;
            for (var i = 0; i < 2; i++)
            {
                using var down = await client.SendAsync(Shop.Get(path, payment));
                down.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                down.Headers.RetryAfter.ShouldNotBeNull();
                down.Headers.Contains(PaymentHeader.Required).ShouldBeFalse();
                (await down.Content.ReadAsStringAsync()).ShouldNotContain(path[1..] + " ");
            }

            shop.Runs.ShouldBe(runs);
            _world.Node.Down = false;
            (await _world.BalanceAsync(Shop.Seller)).ShouldBe(balance);
            using var served = await client.SendAsync(Shop.Get(path, payment));
            served.StatusCode.ShouldBe(HttpStatusCode.OK);
            shop.Runs.ShouldBe(runs + 1);
            (await _world.BalanceAsync(Shop.Seller)).ShouldBe(balance + Shop.Price);
        }
    }

    private void SayOf(Address contract, string error)
    {
        byte[] data = [.. Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(error)).Bytes[..4], .. error.Contains("uint256", StringComparison.Ordinal) ? new byte[32] : []];
        _world.Node.InsteadOfCall = call => call.To == contract ? new CallResult.Reverted(data, "execution reverted") : null;
    }

    private async Task NothingMovedAsync()
    {
        _world.Node.Sends.ShouldBe(0);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(0UL);
    }
}
