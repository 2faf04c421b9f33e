using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Services.Tests.Payments;

/// <summary>Permit2 tells that a nonce was used and not for what. A payer who uses one nonce twice, or pays twice in one block, gets for each transfer to the shop one reply (docs/payments.md, "Being paid").</summary>
public sealed class SharedNonceTests : IAsyncLifetime
{
    private static readonly Address s_elsewhere = Address.Parse("0x90F79bf6EB2c4f870365E785982E1f101E93b906");
    private static readonly AbiFunction s_settle = AbiFunction.Parse(
        "function settle(((address token, uint256 amount) permitted, uint256 nonce, uint256 deadline) permit, address owner, (address to, uint256 validAfter) witness, bytes signature)");

    private MoneyWorld _world = null!;
    private Permits _payer = null!;
    private Shop _shop = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await MoneyWorld.OpenAsync();
        _payer = new(_world.Clock, 31);
        await _world.MintAsync(_payer.Address, 10_000);
        await _world.ApprovePermit2Async(_payer.Key, 10_000);
        _shop = await _world.OpenShopAsync();
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private static byte[] Settle(FacilitatorRequest request)
    {
        var terms = PaymentSchemes.ReadTerms(request.Requirements, out _)!;
        var proof = (Permit2Proof)terms.Rules.ReadProof(terms, JsonShape.Of(request.Payload.Payload));
        var a = proof.Authorization;
        return s_settle.Encode(new object[] { new object[] { a.Token, a.Amount }, a.Nonce, a.Deadline }, a.From, new object[] { a.To, a.ValidAfter }, proof.Signature.ToArray());
    }

    /// <summary>Presents a payment, and puts others into one block while the shop works for it.</summary>
    private async Task<HttpResponseMessage> PayWhileAsync(FacilitatorRequest payment, params FacilitatorRequest[] meanwhile)
    {
        using var client = _shop.Client();
        var asking = client.SendAsync(Shop.Get("/slow-permit", PaymentHeader.Encode(payment.Payload.Write)));
        await _shop.SlowEntered.Task;
        await _world.SendAsStrangerInOneBlockAsync(Permit2.ExactProxy, [.. meanwhile.Select(Settle)]);
        _shop.SlowMayEnd.SetResult();
        return await asking;
    }

    [Fact]
    public async Task Attack_the_nonce_is_used_elsewhere_and_another_payment_to_the_shop_stands_in_the_same_block()
    {
        var offer = await _shop.TermsAsync("/slow-permit");
        var payment = _payer.Request(offer);
        var nonce = ReadNonce(payment);

        // The same nonce pays somebody else, and beside it stands a payment to the shop that is not this one.
        var used = _payer.Request(offer with { PayTo = s_elsewhere.ToString(), Verbatim = null }, message => message with { Nonce = nonce });
        var other = _payer.Request(offer);
        var response = await PayWhileAsync(payment, used, other);
        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("slow 1");
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
    }

    [Fact]
    public async Task A_stranger_who_hands_a_permit_in_together_with_another_just_like_it_does_not_cost_the_payer_his_reply()
    {
        var offer = await _shop.TermsAsync("/slow-permit");
        var payment = _payer.Request(offer);
        var response = await PayWhileAsync(payment, _payer.Request(offer), payment);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var hash = Hash32.Parse(Payer.ReadSettled(response).Transaction);
        var data = (await _world.Chain.GetTransactionDataAsync(hash)).ShouldNotBeNull();
        data.ToArray().ShouldBe(Settle(payment));
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(2 * Shop.Price);
    }

    private static UInt256 ReadNonce(FacilitatorRequest request)
    {
        var terms = PaymentSchemes.ReadTerms(request.Requirements, out _)!;
        return ((Permit2Proof)terms.Rules.ReadProof(terms, JsonShape.Of(request.Payload.Payload))).Authorization.Nonce;
    }
}
