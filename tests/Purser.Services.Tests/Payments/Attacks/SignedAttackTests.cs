using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Payments;
using Purser.Services.Tests.Facilitator;

namespace Purser.Services.Tests.Payments.Attacks;

/// <summary>The attack list, on the real parts: payments that say or sign something else than they should (docs/payment-attacks.md has the whole list).</summary>
public sealed class SignedAttackTests : IAsyncLifetime
{
    private AttackedShop _attacked = null!;
    private PaymentRequirements _exact = null!;
    private PaymentRequirements _permit = null!;
    private PaymentRequirements _upto = null!;

    public async ValueTask InitializeAsync()
    {
        _attacked = await AttackedShop.OpenAsync();
        _exact = await _attacked.Shop.TermsAsync("/report");
        _permit = await _attacked.Shop.TermsAsync("/permit");
        _upto = await _attacked.Shop.TermsAsync("/metered");
    }

    public ValueTask DisposeAsync() => _attacked.DisposeAsync();

    private ExactEip3009Terms Terms => ExactEip3009.Instance.ReadTerms(_exact, out _)!;

    private string Permit(PaymentRequirements terms, Func<Permit2Authorization, Permit2Authorization>? change = null, Func<Permit2Authorization, Permit2Authorization>? tamper = null) =>
        PaymentHeader.Encode(_attacked.Permits.Request(terms, change, tamper).Payload.Write);

    private async Task ShouldBeRefusedAsync(string payment, string reason)
    {
        await _attacked.ShouldRefuseAsync("/report", payment, reason);
        // Whoever goes past the seller gets no further.
        await _attacked.FacilitatorShouldRefuseAsync(AttackedShop.RequestOf(payment, _exact), reason);
    }

    private async Task PermitShouldBeRefusedAsync(string path, PaymentRequirements terms, string payment, string reason)
    {
        await _attacked.ShouldRefuseAsync(path, payment, reason);
        await _attacked.FacilitatorShouldRefuseAsync(AttackedShop.RequestOf(payment, terms), reason);
    }

    [Fact]
    public async Task Attack_swapped_payee()
    {
        await ShouldBeRefusedAsync(_attacked.Payer.Pay(_exact, message => message with { To = _attacked.Payer.Address }), "invalid_exact_evm_recipient_mismatch");
        // The seller compares parties before he asks anybody; the facilitator looks at the signature first.
        var tampered = _attacked.Payer.Pay(_exact, message => message with { To = _attacked.Payer.Address }, tamper: message => message with { To = Shop.Seller });
        await ShouldBeRefusedAsync(tampered, "invalid_exact_evm_signature");
        await PermitShouldBeRefusedAsync("/permit", _permit, Permit(_permit, message => message with { To = _attacked.Payer.Address }), "invalid_permit2_recipient_mismatch");
        await PermitShouldBeRefusedAsync("/permit", _permit, Permit(_permit, message => message with { Spender = _attacked.Payer.Address }), "invalid_permit2_spender");
        await PermitShouldBeRefusedAsync("/metered", _upto, Permit(_upto, message => message with { Facilitator = _attacked.Payer.Address }), "upto_facilitator_mismatch");
        await _attacked.ShouldRefuseAsync("/report", _attacked.Payer.Pay((Terms with { PayTo = _attacked.Payer.Address }).ToRequirements()), "No matching payment requirements");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(1001)]
    public async Task Attack_swapped_amount(ulong amount)
    {
        await ShouldBeRefusedAsync(_attacked.Payer.Pay(_exact, message => message with { Value = amount }), "invalid_exact_evm_payload_authorization_value_mismatch");
        await ShouldBeRefusedAsync(_attacked.Payer.Pay(_exact, message => message with { Value = amount }, tamper: message => message with { Value = Shop.Price }), "invalid_exact_evm_signature");
        await PermitShouldBeRefusedAsync("/permit", _permit, Permit(_permit, message => message with { Amount = amount }), "permit2_amount_mismatch");
        await _attacked.ShouldRefuseAsync("/report", _attacked.Payer.Pay((Terms with { Amount = amount + 5000 }).ToRequirements()), "No matching payment requirements");
    }

    [Fact]
    public async Task Attack_swapped_asset()
    {
        // A token of the attacker's own, which says yes to everything.
        var worthless = await _attacked.MakeWalletAsync(Wallets.SaysOne);
        var theirs = (Terms with { Asset = new(_attacked.World.Dollar.Chain, worthless) }).ToRequirements();
        await _attacked.ShouldRefuseAsync("/report", _attacked.Payer.Pay(theirs), "No matching payment requirements");
        await ShouldBeRefusedAsync(_attacked.Payer.Pay(theirs, accepted: _exact), "invalid_exact_evm_signature");
        await PermitShouldBeRefusedAsync("/permit", _permit, Permit(_permit, message => message with { Token = worthless }), "permit2_token_mismatch");
        await PermitShouldBeRefusedAsync("/permit", _permit, Permit(_permit, message => message with { Token = worthless }, tamper: message => message with { Token = _attacked.World.Dollar.Token }), "invalid_permit2_signature");
    }

    [Fact]
    public async Task Attack_swapped_chain()
    {
        // The same token and account on another chain, where its money costs nothing.
        var elsewhere = (Terms with { Asset = new(new ChainId(1), _attacked.World.Dollar.Token) }).ToRequirements();
        await _attacked.ShouldRefuseAsync("/report", _attacked.Payer.Pay(elsewhere), "No matching payment requirements");
        await ShouldBeRefusedAsync(_attacked.Payer.Pay(elsewhere, accepted: _exact), "invalid_exact_evm_signature");
        var message = _attacked.Permits.Message(_permit);
        var foreign = _attacked.Permits.Key.Sign(Permit2.Digest(message, new ChainId(1))).ToArray();
        await PermitShouldBeRefusedAsync("/permit", _permit, PaymentHeader.Encode(_attacked.Permits.Request(_permit, _ => message, signature: foreign).Payload.Write), "invalid_permit2_signature");
    }

    [Fact]
    public async Task Attack_wrong_domain_name_and_version()
    {
        await ShouldBeRefusedAsync(_attacked.Payer.Pay((Terms with { DomainName = "USD Coin" }).ToRequirements(), accepted: _exact), "invalid_exact_evm_signature");
        await ShouldBeRefusedAsync(_attacked.Payer.Pay((Terms with { DomainVersion = "2" }).ToRequirements(), accepted: _exact), "invalid_exact_evm_signature");
        await _attacked.ShouldRefuseAsync("/report", _attacked.Payer.Pay((Terms with { DomainName = "USD Coin" }).ToRequirements()), "No matching payment requirements");

        // Terms that name a domain that the token does not have would make every signature void; the facilitator says which part is wrong.
        var misnamed = (Terms with { DomainName = "USD Coin" }).ToRequirements();
        (await _attacked.World.Remote.VerifyAsync(AttackedShop.RequestOf(_attacked.Payer.Pay(misnamed), misnamed))).InvalidReason.ShouldBe("invalid_exact_evm_token_name_mismatch");
        var misversioned = (Terms with { DomainVersion = "2" }).ToRequirements();
        (await _attacked.World.Remote.VerifyAsync(AttackedShop.RequestOf(_attacked.Payer.Pay(misversioned), misversioned))).InvalidReason.ShouldBe("invalid_exact_evm_token_version_mismatch");
        await _attacked.ShouldHaveSoldAsync(0);
    }

    [Fact]
    public async Task Attack_expired()
    {
        foreach (var until in new ulong[] { 0, _attacked.Now - 1, _attacked.Now, _attacked.Now + 5 })
        {
            await ShouldBeRefusedAsync(_attacked.Payer.Pay(_exact, message => message with { ValidBefore = until }), "invalid_exact_evm_payload_authorization_valid_before");
            await PermitShouldBeRefusedAsync("/permit", _permit, Permit(_permit, message => message with { Deadline = until }), "permit2_deadline_expired");
        }

        // Good when it is shown, dead when the work is done: the reply stays where it is.
        var late = _attacked.Payer.Pay(await _attacked.Shop.TermsAsync("/slow"), message => message with { ValidBefore = _attacked.Now + 10 });
        var asking = _attacked.GetAsync("/slow", late);
        await _attacked.Shop.SlowEntered.Task;
        _attacked.World.Clock.Advance(TimeSpan.FromSeconds(11));
        _attacked.World.Chain.Mine();
        _attacked.Shop.SlowMayEnd.SetResult();
        using var response = await asking;
        ((int)response.StatusCode).ShouldBe(402);
        Payer.ReadSettled(response).ErrorReason.ShouldBe("invalid_exact_evm_payload_authorization_valid_before");
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("slow 1");
        (await _attacked.World.BalanceAsync(Shop.Seller)).ShouldBe(0UL);
    }

    [Fact]
    public async Task Attack_not_yet_valid()
    {
        foreach (var from in new UInt256[] { _attacked.Now + 1, _attacked.Now + 60, UInt256.MaxValue })
        {
            await ShouldBeRefusedAsync(_attacked.Payer.Pay(_exact, message => message with { ValidAfter = from }), "invalid_exact_evm_payload_authorization_valid_after");
            await PermitShouldBeRefusedAsync("/permit", _permit, Permit(_permit, message => message with { ValidAfter = from }), "permit2_not_yet_valid");
        }
    }

    [Fact]
    public async Task Attack_1271_that_changes_its_mind()
    {
        // Yes to every question, no to the token itself: seen before anything is worked for.
        var wallet = await _attacked.MakeWalletAsync(Wallets.TwoFaced);
        await _attacked.ShouldRefuseAsync("/report", _attacked.PayFrom(wallet, _exact, [0x42]), "invalid_exact_evm_transaction_simulation_failed");

        // Yes until the work is done.
        _attacked.World.Chain.SetCode(wallet, Wallets.TakesAnythingWithMark);
        var terms = await _attacked.Shop.TermsAsync("/slow");
        var payment = _attacked.PayFrom(wallet, terms, [0x42, 1, 2, 3]);
        var asking = _attacked.GetAsync("/slow", payment);
        await _attacked.Shop.SlowEntered.Task;
        _attacked.World.Chain.SetCode(wallet, Wallets.TakesNothing);
        _attacked.Shop.SlowMayEnd.SetResult();
        using var denied = await asking;
        ((int)denied.StatusCode).ShouldBe(402);
        Payer.ReadSettled(denied).ErrorReason.ShouldBe("invalid_exact_evm_signature");
        (await denied.Content.ReadAsStringAsync()).ShouldNotContain("slow 1");
        (await _attacked.World.BalanceAsync(Shop.Seller)).ShouldBe(0UL);

        // It cannot have the work done again and again: the one reply waits for its money.
        using var again = await _attacked.GetAsync("/slow", payment);
        ((int)again.StatusCode).ShouldBe(402);
        _attacked.Shop.Runs.ShouldBe(1);
        _attacked.World.Chain.SetCode(wallet, Wallets.TakesAnythingWithMark);
        using var served = await _attacked.GetAsync("/slow", payment);
        (await served.Content.ReadAsStringAsync()).ShouldBe("slow 1");
        _attacked.Shop.Runs.ShouldBe(1);
        (await _attacked.World.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);

        // What is settled first is not worked for at all by such a one.
        var upfront = _attacked.PayFrom(await _attacked.MakeWalletAsync(Wallets.TwoFaced), await _attacked.Shop.TermsAsync("/upfront"), [0x43]);
        using var first = await _attacked.GetAsync("/upfront", upfront);
        ((int)first.StatusCode).ShouldBe(402);
        _attacked.Shop.Runs.ShouldBe(1);
    }

    [Fact]
    public async Task Attack_6492_with_a_hostile_factory()
    {
        // A factory that would write to its storage: SSTORE(0, 1).
        var factory = Address.Parse("0x1000000000000000000000000000000000006492");
        _attacked.World.Chain.SetCode(factory, Convert.FromHexString("600160005500"));
        var unborn = Address.Parse("0x2000000000000000000000000000000000006492");
        await _attacked.World.MintAsync(unborn, 10_000);
        var wrapped = new WrappedSignature(factory, new byte[] { 1, 2, 3, 4 }, new byte[] { 0x42 }).Encode();
        await ShouldBeRefusedAsync(_attacked.PayFrom(unborn, _exact, wrapped), "eip6492_factory_not_allowed");
        (await _attacked.World.Chain.GetStorageAtAsync(factory, UInt256.Zero)).ShouldBe(default);
        (await _attacked.World.Chain.GetCodeAsync(unborn)).ShouldBeEmpty();
        (await _attacked.World.BalanceAsync(unborn)).ShouldBe(10_000UL);
    }

    [Fact]
    public async Task Attack_facilitator_drained_by_calldata()
    {
        // The facilitator's own account holds dollars. The "factory" is the dollar itself, and what it is to be called with gives them away.
        await _attacked.World.MintAsync(_attacked.World.Sender, 100_000);
        var unborn = Address.Parse("0x2000000000000000000000000000000000006493");
        await _attacked.World.MintAsync(unborn, 10_000);
        foreach (var function in new[] { "transfer(address,uint256)", "approve(address,uint256)" })
        {
            var calldata = AbiFunction.Parse(function).Encode(_attacked.Payer.Address, (UInt256)100_000UL);
            var wrapped = new WrappedSignature(_attacked.World.Dollar.Token, calldata, new byte[] { 0x42 }).Encode();
            await ShouldBeRefusedAsync(_attacked.PayFrom(unborn, _exact, wrapped), "eip6492_factory_not_allowed");
            await PermitShouldBeRefusedAsync("/permit", _permit, PaymentHeader.Encode(_attacked.Permits.Request(_permit, message => message with { From = unborn }, signature: wrapped).Payload.Write), "eip6492_factory_not_allowed");
        }

        // Nor does it pay itself out for somebody who names it as the payer.
        await ShouldBeRefusedAsync(_attacked.PayFrom(_attacked.World.Sender, _exact, new byte[65]), "invalid_exact_evm_signature");
        (await _attacked.World.BalanceAsync(_attacked.World.Sender)).ShouldBe(100_000UL);
        var allowed = await _attacked.World.Chain.CallAsync(new CallRequest { To = _attacked.World.Dollar.Token, Data = AbiFunction.Parse("allowance(address,address)").Encode(_attacked.World.Sender, _attacked.Payer.Address) });
        UInt256.FromBigEndian(allowed.ShouldBeOfType<CallResult.Returned>().Data).ShouldBe(0UL);
        (await _attacked.World.Chain.GetTransactionCountAsync(_attacked.World.Sender)).ShouldBe(0UL);
    }
}
