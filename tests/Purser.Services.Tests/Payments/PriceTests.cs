using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.Services.Payments;

namespace Purser.Services.Tests.Payments;

/// <summary>Prices by request, by caller and in several tokens.</summary>
public sealed class PriceTests
{
    private static ValueTask<PaidOffer?> ByLetters(HttpContext context, PaymentsOptions options) =>
        ValueTask.FromResult<PaidOffer?>(PaidOffer.Exact($"0.00{context.Request.Query["q"].ToString().Length} TUSD", options));

    [Fact]
    public async Task A_price_is_made_for_each_request_and_paid_as_made()
    {
        await using var host = await PricedHost.OpenAsync(app => app.MapGet("/tell", (string q) => $"told {q}").RequirePayment(ByLetters));
        (await host.AmountAsync("/tell?q=abc")).ShouldBe("3000");
        (await host.AmountAsync("/tell?q=ab")).ShouldBe("2000");
        using var served = await host.GetAsync("/tell?q=abc", await host.PayAsync("/tell?q=abc"));
        (await served.Content.ReadAsStringAsync()).ShouldBe("told abc");
        host.Facilitator.BalanceOf(Shop.Seller).ShouldBe(3000UL);
    }

    [Fact]
    public async Task A_cheap_requests_payment_does_not_buy_a_dear_one()
    {
        await using var host = await PricedHost.OpenAsync(app => app.MapGet("/tell", (string q) => $"told {q}").RequirePayment(ByLetters));
        var cheap = await host.PayAsync("/tell?q=a");
        using var dear = await host.GetAsync("/tell?q=abcde", cheap);
        dear.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        var required = Payer.ReadRequired(dear);
        required.Error.ShouldBe(PaymentReason.NoMatchingRequirements.ToWire());
        required.Accepts.Single().Amount.ShouldBe("5000");
        host.Facilitator.Moved.ShouldBe(0);
    }

    [Fact]
    public async Task A_price_that_moved_after_the_402_is_a_new_402_with_the_reason_and_the_new_price()
    {
        var price = "0.001 TUSD";
        var runs = 0;
        await using var host = await PricedHost.OpenAsync(app => app.MapGet("/x", () => $"run {++runs}")
            .RequirePayment((context, options) => ValueTask.FromResult<PaidOffer?>(PaidOffer.Exact(price, options))));
        var payment = await host.PayAsync("/x");
        price = "0.002 TUSD";
        using var moved = await host.GetAsync("/x", payment);
        moved.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        moved.Headers.CacheControl!.NoStore.ShouldBeTrue();
        Payer.ReadRequired(moved).Accepts.Single().Amount.ShouldBe("2000");
        (runs, host.Facilitator.Moved).ShouldBe((0, 0));
    }

    [Fact]
    public async Task What_was_worked_for_under_the_old_price_is_still_its_payers_when_the_price_has_moved()
    {
        var price = "0.001 TUSD";
        var runs = 0;
        await using var host = await PricedHost.OpenAsync(app => app.MapGet("/x", () => $"run {++runs}")
            .RequirePayment((context, options) => ValueTask.FromResult<PaidOffer?>(PaidOffer.Exact(price, options))));
        var payment = await host.PayAsync("/x");
        (await host.GetAsync("/x", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        price = "0.002 TUSD";
        using var repeat = await host.GetAsync("/x", payment);
        (await repeat.Content.ReadAsStringAsync()).ShouldBe("run 1");
        repeat.Headers.GetValues("Idempotency-Replayed").Single().ShouldBe("true");
        using var forged = await host.GetAsync("/x", Payer.WithSignature(payment, signature => [.. signature.Select((value, i) => i == 5 ? (byte)(value ^ 1) : value)]));
        forged.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        (runs, host.Facilitator.Moved).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_body_that_the_price_was_made_of_is_there_for_the_handler_and_bound_to_the_payment()
    {
        await using var host = await PricedHost.OpenAsync(app => app.MapPost("/say", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            return $"said {await reader.ReadToEndAsync()}";
        }).RequirePayment(async (context, options) =>
        {
            using var reader = new StreamReader(context.Request.Body, leaveOpen: true);
            return PaidOffer.Exact($"0.00{(await reader.ReadToEndAsync()).Length} TUSD", options);
        }));
        var required = await host.RequiredAsync(Shop.Request(HttpMethod.Post, "/say", body: "four"));
        required.Accepts.Single().Amount.ShouldBe("4000");
        var payment = host.Payer.Pay(required.Accepts.Single());
        using var served = await host.SendAsync(Shop.Request(HttpMethod.Post, "/say", payment, "four"));
        (await served.Content.ReadAsStringAsync()).ShouldBe("said four");
        using var other = await host.SendAsync(Shop.Request(HttpMethod.Post, "/say", payment, "five"));
        other.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        host.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task A_body_larger_than_a_paid_one_may_be_is_refused_before_the_price()
    {
        await using var host = await PricedHost.OpenAsync(
            app => app.MapPost("/say", () => "x").RequirePayment(async (context, options) =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                return PaidOffer.Exact("0.001 TUSD", options);
            }),
            options => options.MaxBodyBytes = 1000);
        (await host.SendAsync(Shop.Request(HttpMethod.Post, "/say", body: new string('x', 1001)))).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        var chunked = Shop.Request(HttpMethod.Post, "/say", body: new string('x', 2000));
        chunked.Headers.TransferEncodingChunked = true;
        (await host.SendAsync(chunked)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await host.SendAsync(Shop.Request(HttpMethod.Post, "/say", body: new string('x', 1000)))).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
    }

    [Fact]
    public async Task A_caller_can_have_a_price_of_his_own_or_none()
    {
        await using var host = await PricedHost.OpenAsync(app => app.MapGet("/x", () => "content").RequirePayment((context, options) =>
            ValueTask.FromResult(context.Request.Headers["X-Member"].ToString() switch
            {
                "gold" => null,
                "silver" => PaidOffer.Exact("0.001 TUSD", options),
                _ => PaidOffer.Exact("0.01 TUSD", options),
            })));
        (await host.AmountAsync("/x")).ShouldBe("10000");
        var silver = Shop.Get("/x");
        silver.Headers.Add("X-Member", "silver");
        (await host.RequiredAsync(silver)).Accepts[0].Amount.ShouldBe("1000");
        var gold = Shop.Get("/x");
        gold.Headers.Add("X-Member", "gold");
        using var free = await host.SendAsync(gold);
        (await free.Content.ReadAsStringAsync()).ShouldBe("content");
        free.Headers.CacheControl!.Private.ShouldBeTrue();
    }

    [Fact]
    public async Task Several_tokens_stand_in_the_sellers_order_and_each_is_taken()
    {
        await using var host = await PricedHost.OpenAsync(app => app.MapGet("/x", () => "content").RequirePayment(["0.002 TEUR", "0.001 TUSD"], "two ways"));
        var required = await host.RequiredAsync(Shop.Get("/x"));
        required.Accepts.Select(terms => terms.Amount).ShouldBe(["2000", "1000"]);
        required.Accepts.Select(terms => terms.Asset).Distinct().Count().ShouldBe(2);
        foreach (var terms in required.Accepts)
        {
            using var served = await host.GetAsync("/x", host.Payer.Pay(terms));
            served.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        host.Facilitator.Moved.ShouldBe(2);
    }

    [Theory]
    [InlineData()]
    [InlineData("0.001 TUSD", "0.002 TUSD")]
    [InlineData("0.001 TUSD", "0 TEUR")]
    [InlineData("0.001 NOPE")]
    public void Prices_that_cannot_be_asked_are_a_mistake_found_at_the_start(params string[] prices)
    {
        var options = new PaymentsOptions { Network = Shop.Dollar.Chain, PayTo = Shop.Seller, Registry = PricedHost.Registry };
        Should.Throw<InvalidOperationException>(() => PaidOffer.Exact(prices, options)).Message.ShouldContain("cannot be used");
    }

    [Fact]
    public async Task An_endpoints_own_price_counts_and_not_its_groups_besides()
    {
        await using var host = await PricedHost.OpenAsync(app =>
        {
            var group = app.MapGroup("/g").RequirePayment("0.001 TUSD");
            group.MapGet("/plain", () => "plain");
            group.MapGet("/dear", () => "dear").RequirePayment("0.005 TUSD");
        });
        (await host.AmountAsync("/g/plain")).ShouldBe("1000");
        (await host.AmountAsync("/g/dear")).ShouldBe("5000");
        using var served = await host.GetAsync("/g/dear", await host.PayAsync("/g/dear"));
        (await served.Content.ReadAsStringAsync()).ShouldBe("dear");
        host.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public void A_way_to_pay_that_a_token_does_not_have_is_a_mistake_found_at_the_start()
    {
        PaymentRequirements Ask(PaidBy by, TransferMethods methods, PaymentFlow flow = PaymentFlow.Authorization)
        {
            var registry = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(Shop.Dollar) with { Methods = methods });
            var options = new PaymentsOptions { Network = Shop.Dollar.Chain, PayTo = Shop.Seller, Registry = registry };
            return PaidOffer.By(by, ["1 TUSD"], options, flow: flow).Accepts.Single();
        }

        PaymentTerms Of(PaidBy by, TransferMethods methods, PaymentFlow flow = PaymentFlow.Authorization) => PaymentSchemes.ReadTerms(Ask(by, methods, flow), out _).ShouldNotBeNull();

        const TransferMethods both = TransferMethods.Eip3009 | TransferMethods.Permit2;
        Of(PaidBy.Exact, both).ShouldBeOfType<ExactEip3009Terms>();
        Of(PaidBy.Exact, TransferMethods.Permit2).ShouldBeOfType<ExactPermit2Terms>();
        Of(PaidBy.Eip3009, both, PaymentFlow.Upfront).Flow.ShouldBe(PaymentFlow.Upfront);
        Of(PaidBy.Permit2, both, PaymentFlow.Upfront).ShouldBeOfType<ExactPermit2Terms>().Flow.ShouldBe(PaymentFlow.Upfront);
        Ask(PaidBy.Upto, both).Scheme.ShouldBe("upto"); // whose facilitator is put in when it is known
        Should.Throw<InvalidOperationException>(() => Of(PaidBy.Eip3009, TransferMethods.Permit2)).Message.ShouldContain("EIP-3009");
        Should.Throw<InvalidOperationException>(() => Of(PaidBy.Permit2, TransferMethods.Eip3009)).Message.ShouldContain("Permit2");
        Should.Throw<InvalidOperationException>(() => Ask(PaidBy.Upto, TransferMethods.Eip3009)).Message.ShouldContain("Permit2");
        Should.Throw<InvalidOperationException>(() => Ask(PaidBy.Upto, both, PaymentFlow.Upfront)).Message.ShouldContain("after the work");
        foreach (var by in Enum.GetValues<PaidBy>())
        {
            PaidBys.FromText(by.ToText()).ShouldBe(by);
            PaidBys.Known.ShouldContain(by.ToText());
        }
    }
}
