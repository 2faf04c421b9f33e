using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Payments;
using Purser.Services.Payments;

namespace Purser.Services.Tests.Payments;

/// <summary>What a host does besides.</summary>
public sealed class PaymentHookTests
{
    private readonly Noting _hook = new();

    private Task<PricedHost> OpenAsync() => PricedHost.OpenAsync(
        app => app.MapGet("/x", () => "content").RequirePayment("0.001 TUSD"),
        services: services => services.AddSingleton<PaymentHook>(_hook).AddSingleton<PaymentHook>(new Throwing()));

    [Fact]
    public async Task A_settled_payment_is_told_once_whatever_its_repeats()
    {
        await using var host = await OpenAsync();
        var payment = await host.PayAsync("/x");
        for (var i = 0; i < 2; i++)
        {
            (await host.GetAsync("/x", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var told = _hook.Settled.ShouldHaveSingleItem();
        told.Notice.Payer.ShouldBe(host.Payer.Address);
        told.Notice.Terms.Amount.ShouldBe("1000");
        told.Settled.Transaction.ShouldNotBeEmpty();
        _hook.Asked.ShouldBe(1);
        _hook.Failed.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_objection_is_a_403_and_charges_nothing_and_the_payment_stays_good()
    {
        await using var host = await OpenAsync();
        var payment = await host.PayAsync("/x");
        _hook.Objection = "not on a Sunday";
        using var declined = await host.GetAsync("/x", payment);
        declined.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        declined.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (await declined.Content.ReadAsStringAsync()).ShouldContain("not on a Sunday");
        (host.Facilitator.Verifications, host.Facilitator.SettleCalls).ShouldBe((0, 0));
        _hook.Objection = null;
        (await host.GetAsync("/x", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_has_paid_gets_his_first_reply_also_when_a_hook_would_object_now()
    {
        await using var host = await OpenAsync();
        var payment = await host.PayAsync("/x");
        (await host.GetAsync("/x", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _hook.Objection = "no more";
        (await host.GetAsync("/x", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_verification_or_settlement_refuses_is_told()
    {
        await using var host = await OpenAsync();
        (await host.GetAsync("/x", host.Payer.Pay((await host.RequiredAsync(Shop.Get("/x"))).Accepts[0], change: message => message with { To = host.Payer.Address })))
            .StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        host.Facilitator.InsteadOfSettle = _ => new(false, "", Shop.Dollar.Chain.ToString(), ErrorReason: PaymentReason.InsufficientBalance.ToWire());
        (await host.GetAsync("/x", await host.PayAsync("/x"))).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        _hook.Failed.Select(failed => failed.Reason).ShouldBe(["invalid_exact_evm_recipient_mismatch", PaymentReason.InsufficientBalance.ToWire()]);
        _hook.Settled.ShouldBeEmpty();
    }

    private sealed class Noting : PaymentHook
    {
        public string? Objection { get; set; }

        public int Asked { get; private set; }

        public List<(PaymentNotice Notice, SettleResponse Settled)> Settled { get; } = [];

        public List<(PaymentNotice Notice, string Reason)> Failed { get; } = [];

        public override ValueTask<PaymentObjection?> BeforeVerifyAsync(PaymentNotice payment, CancellationToken cancellationToken)
        {
            Asked++;
            return ValueTask.FromResult(Objection is null ? null : new PaymentObjection(Objection));
        }

        public override ValueTask AfterSettleAsync(PaymentNotice payment, SettleResponse settled)
        {
            Settled.Add((payment, settled));
            return default;
        }

        public override ValueTask OnFailureAsync(PaymentNotice payment, string reason)
        {
            Failed.Add((payment, reason));
            return default;
        }
    }

    /// <summary>A host's mistake.</summary>
    private sealed class Throwing : PaymentHook
    {
        public override ValueTask AfterSettleAsync(PaymentNotice payment, SettleResponse settled) => throw new InvalidOperationException("a bug of the host");

        public override ValueTask OnFailureAsync(PaymentNotice payment, string reason) => throw new InvalidOperationException("a bug of the host");
    }
}
