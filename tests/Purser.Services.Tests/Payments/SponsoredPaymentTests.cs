using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Services.Payments.Extensions;
using Purser.Wallet;
using Purser.Wallet.Policy;

namespace Purser.Services.Tests.Payments;

/// <summary>An agent without any coin for gas pays by Permit2 with a token that has EIP-2612: wallet, client, seller, facilitator, proxies and EVM all real, in one process.</summary>
public sealed class SponsoredPaymentTests : IAsyncLifetime
{
    private readonly List<MoneyWorld> _worlds = [];

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var world in _worlds)
        {
            await world.DisposeAsync();
        }
    }

    private static SpendingPolicy WithPermits(SpendingPolicy usual, AssetId dollar) =>
        usual with { TypedData = [.. usual.TypedData!, new("Permit", dollar.Chain, dollar.Token)], Spenders = [new(dollar, Permit2.Contract, 5_000UL)] };

    private async Task<MoneyWorld> OpenAsync(Func<SpendingPolicy, AssetId, SpendingPolicy>? policy = null)
    {
        var world = await MoneyWorld.OpenAsync(policy);
        _worlds.Add(world);
        return world;
    }

    private static async Task<Quote> QuoteAsync(PaymentClient client, string path) =>
        (await client.QuoteAsync(new(HttpMethod.Get, $"http://shop.test{path}"))).ShouldBeOfType<QuoteResult.Offered>().Quote;

    [Theory]
    [InlineData("/permit", 1000)]
    [InlineData("/metered?take=400", 400)]
    public async Task A_payer_without_coin_and_without_an_approval_signs_a_permit_beside_the_payment_and_the_facilitator_settles_both(string path, int taken)
    {
        var world = await OpenAsync(WithPermits);
        var shop = await world.OpenShopAsync(services: services => services.AddEip2612Sponsoring());
        var recorder = new Recorder(shop.Wire());
        var client = world.ClientOf(shop, recorder);
        var quote = await QuoteAsync(client, path);
        (await world.Wallet.ListPaymentsAsync()).ShouldBeEmpty();
        for (var i = 0; i < 2; i++)
        {
            var served = (await client.ConfirmAsync(quote.Id, world.Agent)).ShouldBeOfType<PaymentResult.Served>();
            served.Settlement!.Success.ShouldBeTrue();
        }

        shop.Runs.ShouldBe(1);
        recorder.Payments.Distinct().ShouldHaveSingleItem(); // the same permit and the same payment, however often it is presented
        await world.ShouldHaveMovedAsync((ulong)taken); // says too that the agent has no coin
        var permit = (await world.Wallet.GetPaymentAsync($"permit-{quote.Id}")).ShouldNotBeNull();
        permit.Intent.ShouldBeOfType<TokenPermitIntent>().Amount.ShouldBe(Shop.Price);
        var statement = permit.Statement.ShouldBeOfType<SignedEip2612>();
        (statement.Permit.Owner, statement.Permit.Spender, statement.Permit.Value).ShouldBe((world.Agent, Permit2.Contract, Shop.Price));
        (await world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_second_payment_signs_its_own_permit_with_the_tokens_next_nonce()
    {
        var world = await OpenAsync(WithPermits);
        var shop = await world.OpenShopAsync(services: services => services.AddEip2612Sponsoring());
        var client = world.ClientOf(shop);
        var nonces = new List<UInt256>();
        for (var i = 0; i < 2; i++)
        {
            var quote = await QuoteAsync(client, "/permit");
            (await client.ConfirmAsync(quote.Id, world.Agent)).ShouldBeOfType<PaymentResult.Served>();
            nonces.Add(((SignedEip2612)(await world.Wallet.GetPaymentAsync($"permit-{quote.Id}"))!.Statement!).Permit.Nonce);
        }

        nonces.ShouldBe([UInt256.Zero, UInt256.One]);
        await world.ShouldHaveMovedAsync(Shop.Price + Shop.Price);
    }

    [Fact]
    public async Task Where_the_seller_offers_none_or_the_allowance_is_there_no_permit_is_signed()
    {
        var world = await OpenAsync(WithPermits);
        var plain = await world.OpenShopAsync();
        var quote = await QuoteAsync(world.ClientOf(plain), "/permit");
        (await world.ClientOf(plain).ConfirmAsync(quote.Id, world.Agent)).ShouldBeOfType<PaymentResult.WalletRefused>().Reason.Code.ShouldBe("permit2_allowance_required");

        using var key = MoneyWorld.AgentKey();
        await world.ApprovePermit2Async(key, 1_000_000UL);
        var sponsored = await world.OpenShopAsync(services: services => services.AddEip2612Sponsoring());
        var paid = await QuoteAsync(world.ClientOf(sponsored), "/permit");
        (await world.ClientOf(sponsored).ConfirmAsync(paid.Id, world.Agent)).ShouldBeOfType<PaymentResult.Served>();
        (await world.Wallet.ListPaymentsAsync()).ShouldAllBe(payment => payment.Intent is X402Permit2Intent);
        await world.ShouldHaveMovedAsync(Shop.Price);
    }

    [Fact]
    public async Task A_policy_that_does_not_name_permits_refuses_and_both_ways_on_are_said()
    {
        var world = await OpenAsync();
        var shop = await world.OpenShopAsync(services: services => services.AddEip2612Sponsoring());
        var quote = await QuoteAsync(world.ClientOf(shop), "/permit");
        var refused = (await world.ClientOf(shop).ConfirmAsync(quote.Id, world.Agent)).ShouldBeOfType<PaymentResult.WalletRefused>().Reason;
        refused.Code.ShouldBe("permit2_allowance_required");
        refused.Hint.ShouldContain("approve");
        refused.Hint.ShouldContain("policy_typed_data_not_allowed");
        (await world.Wallet.ListPaymentsAsync()).ShouldBeEmpty();
        await world.ShouldHaveMovedAsync(0);
    }

    [Fact]
    public async Task A_payment_leans_only_on_a_permit_of_its_own_account_token_and_amount_that_is_still_valid()
    {
        var world = await OpenAsync(WithPermits);
        var permit = new TokenPermitIntent { Id = "permit-of-one-thousand", Account = world.Agent, Asset = world.Dollar, Amount = 1000UL, MaxTimeoutSeconds = 60 };
        (await world.Wallet.AuthorizeAsync(permit)).ShouldBeOfType<AuthorizationResult.Authorized>();
        var like = new X402AuthorizationIntent
        {
            Id = "leaning-payment-0001", Account = world.Agent, Asset = world.Dollar, PayTo = Shop.Seller, Amount = 1000UL, MaxTimeoutSeconds = 60,
            Origin = "http://shop.test", Method = "GET", Url = "http://shop.test/", BodyHash = default,
        };
        var payment = new X402Permit2Intent(like) { PermitId = permit.Id };
        (await RefusedAsync(payment with { Amount = 999UL })).ShouldBe("permit_unfit");
        (await RefusedAsync(payment with { PermitId = "permit-that-is-not-there" })).ShouldBe("permit_unfit");
        (await RefusedAsync(new X402Permit2Intent(like))).ShouldBe("permit2_allowance_required");
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        (await RefusedAsync(payment)).ShouldBe("permit_unfit");

        async Task<string> RefusedAsync(Intent intent) => (await world.Wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code;
    }

    /// <summary>Notes the payment headers that pass.</summary>
    private sealed class Recorder(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        public List<string> Payments { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Headers.TryGetValues(PaymentHeader.Signature, out var values))
            {
                Payments.AddRange(values);
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
