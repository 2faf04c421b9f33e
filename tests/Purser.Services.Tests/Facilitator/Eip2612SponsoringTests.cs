using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Services.Tests.Payments;
using Purser.Storage;

namespace Purser.Services.Tests.Facilitator;

/// <summary>A payer who never approved Permit2 and has no gas pays by it, with an EIP-2612 permit beside the payment, on a real chain with the real proxies.</summary>
public sealed class Eip2612SponsoringTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-sponsored-").FullName;
    private FacilitatorWorld _world = null!;
    private Permits _payer = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await FacilitatorWorld.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")));
        _payer = new(_world.Clock, 11);
        await _world.MintAsync(_payer.Address, 10_000);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Without_a_permit_an_allowance_is_required() =>
        (await _world.Facilitator.VerifyAsync(_payer.Request(Exact()))).InvalidReason.ShouldBe("permit2_allowance_required");

    [Fact]
    public async Task With_a_permit_the_payment_settles_once_and_leaves_no_allowance_behind()
    {
        var request = With(_payer.Request(Exact()), Sign(Permit()));
        (await _world.Facilitator.VerifyAsync(request)).ShouldBe(new VerifyResponse(true, _payer.Address.ToString()));
        var settled = await _world.Facilitator.SettleAsync(request);
        settled.ErrorReason.ShouldBeNull(settled.ErrorMessage);
        (await _world.Facilitator.SettleAsync(request)).ShouldBe(settled);
        _world.Node.Sends.ShouldBe(1);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(1000UL);
        (await _world.BalanceAsync(_payer.Address)).ShouldBe(9000UL);
        (await _world.Chain.GetBalanceAsync(_payer.Address)).ShouldBe(0UL);
        (await _world.Facilitator.VerifyAsync(_payer.Request(Exact()))).InvalidReason.ShouldBe("permit2_allowance_required");
    }

    [Fact]
    public async Task A_maximum_settles_with_a_permit_for_less_than_was_signed()
    {
        var request = With(_payer.Request(new UptoTerms(_world.Dollar, FacilitatorWorld.Payee, 1000, 120, _world.Sender).ToRequirements()), Sign(Permit()));
        (await _world.Facilitator.VerifyAsync(request)).IsValid.ShouldBeTrue();
        var settled = await _world.Facilitator.SettleAsync(request with { Requirements = request.Requirements with { Amount = "400", Verbatim = null } });
        settled.ErrorReason.ShouldBeNull(settled.ErrorMessage);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(400UL);
    }

    [Fact]
    public async Task What_is_wrong_with_a_permit_is_named_in_the_peers_order()
    {
        var stranger = FacilitatorWorld.KeyOf(99).Address;
        (Eip2612Sponsorship Sponsorship, string Reason)[] faults =
        [
            (Sign(Permit() with { Owner = stranger, Spender = stranger }), "eip2612_from_mismatch"),
            (Sign(Permit()) with { Asset = stranger }, "eip2612_asset_mismatch"),
            (Sign(Permit() with { Spender = Permit2.ExactProxy }), "eip2612_spender_not_permit2"),
            (Sign(Permit() with { Deadline = _world.Now + 5 }), "eip2612_deadline_expired"),
            (Sign(Permit() with { Value = 1001 }), "permit2_2612_amount_mismatch"),
            (Sign(Permit() with { Value = UInt256.MaxValue }), "permit2_2612_amount_mismatch"),
            (Sign(Permit() with { Nonce = 1 }), "permit2_allowance_required"),
            (Sign(Permit(), FacilitatorWorld.KeyOf(98)), "permit2_allowance_required"),
        ];
        foreach (var (sponsorship, reason) in faults)
        {
            var request = With(_payer.Request(Exact()), sponsorship);
            (await _world.Facilitator.VerifyAsync(request)).InvalidReason.ShouldBe(reason);
            var settled = await _world.Facilitator.SettleAsync(request);
            (settled.Success, settled.ErrorReason).ShouldBe((false, reason));
        }

        _world.Node.Sends.ShouldBe(0);
        (await _world.BalanceAsync(_payer.Address)).ShouldBe(10_000UL);
    }

    [Fact]
    public async Task A_permit_that_cannot_be_read_is_refused_by_its_format()
    {
        var request = _payer.Request(Exact());
        var half = request with { Payload = request.Payload with { Extensions = JsonElement.Parse("""{"eip2612GasSponsoring":{"info":{"version":"1","from":"0x12"} } }""") } };
        (await _world.Facilitator.VerifyAsync(half)).InvalidReason.ShouldBe("invalid_eip2612_extension_format");
        (await _world.Facilitator.SettleAsync(half)).ErrorReason.ShouldBe("invalid_eip2612_extension_format");
    }

    [Fact]
    public async Task A_permit_that_a_stranger_sent_before_does_no_harm()
    {
        var sponsorship = Sign(Permit());
        var function = AbiFunction.Parse("function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)");
        var parts = sponsorship.Signature.ToArray();
        var stranger = FacilitatorWorld.KeyOf(97);
        _world.Chain.SetBalance(stranger.Address, 1_000_000_000_000_000_000UL);
        await _world.SendAsAsync(stranger, _world.Dollar.Token,
            function.Encode(_payer.Address, Permit2.Contract, (UInt256)1000, sponsorship.Permit.Deadline, (UInt256)parts[64], new Hash32(parts.AsSpan(0, 32)), new Hash32(parts.AsSpan(32, 32))));
        var settled = await _world.Facilitator.SettleAsync(With(_payer.Request(Exact()), sponsorship));
        settled.ErrorReason.ShouldBeNull(settled.ErrorMessage);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(1000UL);
    }

    [Fact]
    public async Task The_facilitator_names_the_extension() => (await _world.Facilitator.GetSupportedAsync()).Extensions.ShouldContain(Eip2612Sponsoring.Name);

    private PaymentRequirements Exact() => new ExactPermit2Terms(_world.Dollar, FacilitatorWorld.Payee, 1000, 120).ToRequirements();

    private Eip2612Permit Permit() => new(_payer.Address, Permit2.Contract, 1000, 0, _world.Now + 120);

    private Eip2612Sponsorship Sign(Eip2612Permit permit, PrivateKey? key = null) =>
        new(_world.Dollar.Token, permit, (key ?? _payer.Key).Sign(Eip2612.Digest(permit, Eip3009.DomainSeparator("Test USD", "1", _world.Dollar))).ToArray());

    private static FacilitatorRequest With(FacilitatorRequest request, Eip2612Sponsorship sponsorship) => request with
    {
        Payload = request.Payload with
        {
            Extensions = PaymentExtensions.Echo(null, new Dictionary<string, JsonElement> { [Eip2612Sponsoring.Name] = Eip2612Sponsoring.Addition(sponsorship) }),
        },
    };
}
