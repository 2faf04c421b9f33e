using System.Net;
using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Services.Payments.Extensions;
using Purser.Services.Tests.SignIn;
using Purser.Wallet;

namespace Purser.Services.Tests.Payments.Extensions;

/// <summary>Our client enters our shop again by a signature, and signs for no other.</summary>
public sealed class SignInWithXClientTests
{
    private static readonly SignInAccess s_access = new() { Origin = new("http://shop.test") };

    [Fact]
    public async Task Who_paid_is_served_again_by_signing_in_and_who_did_not_is_asked_to_pay()
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddSignInWithX(s_access));
        var wallet = new AgentWallet(world.Payer.Address, digest => Signature.TryRead(world.Payer.Sign(digest), out var signature) ? signature : default);
        var client = new SignInWithXClient(world.Client, wallet, world.Clock, new SeededRandom(1));
        var unpaid = (await client.EnterAsync(new HttpRequestMessage(HttpMethod.Get, "http://shop.test/report"), wallet.Account)).ShouldBeOfType<PaidEntry.Answered>();
        (unpaid.Response.StatusCode, unpaid.SignedIn).ShouldBe((HttpStatusCode.PaymentRequired, true));

        (await world.GetAsync("/report", ExtendedShop.Pay(world.Payer, await world.AskAsync("/report")))).Status.ShouldBe(HttpStatusCode.OK);
        var entered = (await client.EnterAsync(new HttpRequestMessage(HttpMethod.Get, "http://shop.test/report"), wallet.Account)).ShouldBeOfType<PaidEntry.Answered>();
        (entered.Response.StatusCode, entered.SignedIn, world.Facilitator.Moved).ShouldBe((HttpStatusCode.OK, true, 1));
    }

    [Theory]
    [InlineData("https://other.example", "siwe_domain_mismatch")]
    [InlineData("http://shop.test:81", "siwe_domain_mismatch")]
    public async Task A_shop_that_passes_on_anothers_message_gets_no_signature(string origin, string code)
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddSignInWithX(s_access with { Origin = new(origin) }));
        var wallet = new AgentWallet(SignInWorld.KeyOf(31));
        var refused = (await new SignInWithXClient(world.Client, wallet, world.Clock, new SeededRandom(1)).EnterAsync(new HttpRequestMessage(HttpMethod.Get, "http://shop.test/report"), wallet.Account)).ShouldBeOfType<PaidEntry.Refused>();
        (refused.Refusal.Code, wallet.Asked).ShouldBe((code, 0));
    }

    [Fact]
    public async Task Where_nobody_signs_in_or_the_wallet_says_no_nothing_is_signed()
    {
        await using var without = await ExtendedShop.OpenAsync(_ => { });
        var wallet = new AgentWallet(SignInWorld.KeyOf(31));
        (await new SignInWithXClient(without.Client, wallet, without.Clock, new SeededRandom(1)).EnterAsync(new HttpRequestMessage(HttpMethod.Get, "http://shop.test/report"), wallet.Account)).ShouldBeOfType<PaidEntry.Refused>().Refusal.Code.ShouldBe("siwx_not_offered");
        wallet.Asked.ShouldBe(0);

        await using var world = await ExtendedShop.OpenAsync(services => services.AddSignInWithX(s_access));
        wallet.Instead = new AuthorizationResult.Refused(new("policy_domain_not_allowed", "no", "ask", WalletRefusalKind.Policy));
        (await new SignInWithXClient(world.Client, wallet, world.Clock, new SeededRandom(1)).EnterAsync(new HttpRequestMessage(HttpMethod.Get, "http://shop.test/report"), wallet.Account)).ShouldBeOfType<PaidEntry.Refused>().Refusal.Code.ShouldBe("policy_domain_not_allowed");
    }
}
