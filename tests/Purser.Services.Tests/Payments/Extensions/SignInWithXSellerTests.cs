using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Services.Payments;
using Purser.Services.Payments.Extensions;
using Purser.Services.Tests.Facilitator;

namespace Purser.Services.Tests.Payments.Extensions;

public class SignInWithXSellerTests
{
    private static readonly SignInAccess s_access = new() { Origin = new("https://shop.example"), PaidFor = TimeSpan.FromHours(1), Statement = "Read again" };

    [Fact]
    public async Task Who_paid_and_signs_in_is_served_again_without_paying()
    {
        await using var world = await OpenAsync();
        await PayAsync(world, "/report");
        using var response = await EnterAsync(world, "/report", await SignAsync(world, "/report"));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe("report 2");
        response.Headers.CacheControl!.Private.ShouldBeTrue();
        response.Headers.CacheControl.Public.ShouldBeFalse();
        response.Headers.Contains(PaymentHeader.Response).ShouldBeFalse();
        world.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task The_402_names_the_configured_origin_and_a_new_nonce_each_time()
    {
        await using var world = await OpenAsync();
        var first = await ChallengeAsync(world, "/report?x=1");
        first.Info.Domain.ShouldBe("shop.example");
        first.Info.Uri.ShouldBe("https://shop.example/report");
        first.Info.Statement.ShouldBe("Read again");
        first.Info.Nonce.Length.ShouldBe(32);
        first.SupportedChains.ShouldBe([new("eip155:84532", "eip191")]);
        (await ChallengeAsync(world, "/report")).Info.Nonce.ShouldNotBe(first.Info.Nonce);
    }

    [Fact]
    public async Task A_message_lets_in_once()
    {
        await using var world = await OpenAsync();
        await PayAsync(world, "/report");
        var header = await SignAsync(world, "/report");
        (await StatusAsync(world, "/report", header)).ShouldBe((HttpStatusCode.OK, null));
        (await StatusAsync(world, "/report", header)).ShouldBe((HttpStatusCode.PaymentRequired, "invalid_siwx_nonce"));
        await world.ReopenAsync(services => services.AddSignInWithX(s_access));
        (await StatusAsync(world, "/report", header)).ShouldBe((HttpStatusCode.PaymentRequired, "invalid_siwx_nonce"));
        world.Shop.Runs.ShouldBe(0);
    }

    [Fact]
    public async Task Of_many_at_once_with_one_message_one_is_let_in()
    {
        await using var world = await OpenAsync();
        await PayAsync(world, "/report");
        var header = await SignAsync(world, "/report");
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => StatusAsync(world, "/report", header)));
        replies.Count(reply => reply.Status is HttpStatusCode.OK).ShouldBe(1);
        world.Shop.Runs.ShouldBe(2);
    }

    [Fact]
    public async Task Who_did_not_pay_is_asked_to_pay_and_his_message_is_not_used_up()
    {
        await using var world = await OpenAsync();
        var header = await SignAsync(world, "/report");
        (await StatusAsync(world, "/report", header)).ShouldBe((HttpStatusCode.PaymentRequired, "Payment required"));
        await PayAsync(world, "/report");
        (await StatusAsync(world, "/report", header)).ShouldBe((HttpStatusCode.OK, null));
    }

    [Fact]
    public async Task A_payment_opens_what_it_was_made_for_and_nothing_else()
    {
        await using var world = await OpenAsync();
        await PayAsync(world, "/report");
        (await StatusAsync(world, "/other", await SignAsync(world, "/other"))).ShouldBe((HttpStatusCode.PaymentRequired, "Payment required"));
    }

    [Fact]
    public async Task A_payment_opens_for_as_long_as_is_configured_also_across_a_restart()
    {
        await using var world = await OpenAsync();
        await PayAsync(world, "/report");
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        await world.ReopenAsync(services => services.AddSignInWithX(s_access));
        (await StatusAsync(world, "/report", await SignAsync(world, "/report"))).Status.ShouldBe(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        (await StatusAsync(world, "/report", await SignAsync(world, "/report"))).ShouldBe((HttpStatusCode.PaymentRequired, "Payment required"));
    }

    [Fact]
    public async Task Another_account_gets_nothing_by_the_payers_address()
    {
        await using var world = await OpenAsync();
        await PayAsync(world, "/report");
        var thief = world.NewPayer(8);
        (await StatusAsync(world, "/report", await SignAsync(world, "/report", thief))).ShouldBe((HttpStatusCode.PaymentRequired, "Payment required"));
        var proof = SignInWithXProof.Decode(await SignAsync(world, "/report", thief), out _) with { Address = world.Payer.Address.ToString() };
        (await StatusAsync(world, "/report", proof.Encode())).ShouldBe((HttpStatusCode.PaymentRequired, "invalid_siwx_signature"));
    }

    [Fact]
    public async Task A_message_for_another_service_or_time_is_refused_by_its_reason()
    {
        await using var world = await OpenAsync();
        await PayAsync(world, "/report");
        var challenge = await ChallengeAsync(world, "/report");
        (await StatusAsync(world, "/report", Sign(world.Payer, challenge.Info with { Domain = "evil.example" }))).Error.ShouldBe("invalid_siwx_domain_mismatch");
        (await StatusAsync(world, "/report", Sign(world.Payer, challenge.Info with { Uri = "https://evil.example/report" }))).Error.ShouldBe("invalid_siwx_uri_mismatch");
        (await StatusAsync(world, "/report", Sign(world.Payer, challenge.Info, chain: "eip155:1"))).Error.ShouldBe("invalid_siwx_unsupported_chain");
        var header = Sign(world.Payer, challenge.Info with { ExpirationTime = null });
        world.Clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        (await StatusAsync(world, "/report", header)).Error.ShouldBe("invalid_siwx_issued_at_too_old");
    }

    [Fact]
    public async Task A_header_that_cannot_be_read_or_stands_twice_is_refused_and_a_payment_beside_it_counts()
    {
        await using var world = await OpenAsync();
        (await StatusAsync(world, "/report", "!")).ShouldBe((HttpStatusCode.PaymentRequired, "invalid_siwx_malformed_signature"));
        var required = await world.AskAsync("/report");
        using var request = Shop.Get("/report", ExtendedShop.Pay(world.Payer, required));
        request.Headers.TryAddWithoutValidation(SignInWithX.Header, "e30=");
        using var response = await world.Client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task A_chain_that_cannot_be_asked_about_a_signature_is_a_fault_of_the_verifier_and_lets_nobody_in()
    {
        var node = new FaultyChain(null!) { Down = true };
        await using var world = await ExtendedShop.OpenAsync(services =>
        {
            ((PaymentsOptions)services.Single(service => service.ServiceType == typeof(PaymentsOptions)).ImplementationInstance!).Chain = node;
            services.AddSignInWithX(s_access);
        });
        await PayAsync(world, "/report");
        (await StatusAsync(world, "/report", await SignAsync(world, "/report"))).ShouldBe((HttpStatusCode.PaymentRequired, "invalid_siwx_verifier_error"));
        world.Shop.Runs.ShouldBe(1);
    }

    [Theory]
    [InlineData("https://shop.example/path")]
    [InlineData("ftp://shop.example")]
    [InlineData("https://user@shop.example")]
    public async Task An_origin_that_is_none_does_not_start(string origin) =>
        await Should.ThrowAsync<InvalidOperationException>(async () => await ExtendedShop.OpenAsync(services => services.AddSignInWithX(s_access with { Origin = new(origin) })));

    private static Task<ExtendedShop> OpenAsync() => ExtendedShop.OpenAsync(services => services.AddSignInWithX(s_access));

    private static async Task PayAsync(ExtendedShop world, string path) =>
        (await world.GetAsync(path, ExtendedShop.Pay(world.Payer, await world.AskAsync(path)))).Status.ShouldBe(HttpStatusCode.OK);

    private static async Task<SignInWithXChallenge> ChallengeAsync(ExtendedShop world, string path) =>
        SignInWithXChallenge.Read((await world.AskAsync(path)).Extensions, out _).ShouldNotBeNull();

    private static async Task<string> SignAsync(ExtendedShop world, string path, Payer? payer = null) => Sign(payer ?? world.Payer, (await ChallengeAsync(world, path)).Info);

    private static string Sign(Payer payer, SignInWithXInfo info, string chain = "eip155:84532")
    {
        var message = SignInWithXRules.ToMessage(info, payer.Address, ChainId.Parse(chain), out _).ShouldNotBeNull();
        return new SignInWithXProof(info, payer.Address.ToString(), chain, "eip191", Hex.Encode(payer.Sign(Eip191.HashPersonalMessage(message.ToText())))).Encode();
    }

    private static async Task<HttpResponseMessage> EnterAsync(ExtendedShop world, string path, string header)
    {
        using var request = Shop.Get(path);
        request.Headers.TryAddWithoutValidation(SignInWithX.Header, header);
        return await world.Client.SendAsync(request);
    }

    private static async Task<(HttpStatusCode Status, string? Error)> StatusAsync(ExtendedShop world, string path, string header)
    {
        using var response = await EnterAsync(world, path, header);
        return (response.StatusCode, response.StatusCode is HttpStatusCode.PaymentRequired ? Payer.ReadRequired(response).Error : null);
    }
}
