using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Payments;
using Purser.Services.Payments;

namespace Purser.Services.Tests.Payments;

/// <summary>The flow <c>upfront</c>: settled, then worked for.</summary>
public sealed class UpfrontTests
{
    private int _runs;
    private int _movedWhenRun;

    private Task<PricedHost> OpenAsync(Func<HttpContext, PricedHost, IResult> handler)
    {
        PricedHost? host = null;
        return OpenAsync();

        async Task<PricedHost> OpenAsync() => host = await PricedHost.OpenAsync(app => app.MapGet("/x", (HttpContext context) =>
        {
            _runs++;
            _movedWhenRun = host!.Facilitator.Moved;
            return handler(context, host);
        }).RequirePayment(options => PaidOffer.Exact("0.001 TUSD", options, flow: PaymentFlow.Upfront)));
    }

    [Fact]
    public async Task It_is_offered_settled_before_the_work_and_its_repeat_gets_the_first_reply()
    {
        await using var host = await OpenAsync((_, _) => Results.Text($"run {_runs}"));
        var required = await host.RequiredAsync(Shop.Get("/x"));
        required.Accepts[0].Extra!.Value.GetProperty("paymentFlow").GetString().ShouldBe("upfront");
        var payment = host.Payer.Pay(required.Accepts[0]);
        for (var i = 0; i < 2; i++)
        {
            using var served = await host.GetAsync("/x", payment);
            (await served.Content.ReadAsStringAsync()).ShouldBe("run 1");
            Payer.ReadSettled(served).Success.ShouldBeTrue();
            served.Headers.CacheControl!.Private.ShouldBeTrue();
        }

        (_runs, _movedWhenRun, host.Facilitator.Moved).ShouldBe((1, 1, 1));
    }

    [Fact]
    public async Task What_is_not_settled_is_not_worked_for()
    {
        await using var host = await OpenAsync((_, _) => Results.Text("content"));
        var payment = await host.PayAsync("/x");
        host.Facilitator.InsteadOfSettle = _ => new(false, "", Shop.Dollar.Chain.ToString(), ErrorReason: PaymentReason.InsufficientBalance.ToWire());
        (await host.GetAsync("/x", payment)).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        _runs.ShouldBe(0);
        host.Facilitator.InsteadOfSettle = _ => null;
        (await host.GetAsync("/x", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (_runs, host.Facilitator.Moved).ShouldBe((1, 1));
    }

    [Fact]
    public async Task An_unknown_settlement_is_a_503_before_the_work_and_the_same_payment_is_served_once_it_is_known()
    {
        await using var host = await OpenAsync((_, _) => Results.Text("content"));
        var payment = await host.PayAsync("/x");
        host.Facilitator.AfterMove = () => throw new Services.Payments.Facilitator.FacilitatorException("lost") { IsTransient = true, IsIndeterminate = true };
        using var open = await host.GetAsync("/x", payment);
        open.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        open.Headers.RetryAfter.ShouldNotBeNull();
        _runs.ShouldBe(0);
        host.Facilitator.AfterMove = () => Task.CompletedTask;
        (await host.GetAsync("/x", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (_runs, host.Facilitator.Moved).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Work_that_fails_is_owed_and_done_at_the_repeat_without_a_second_charge()
    {
        await using var host = await OpenAsync((_, _) => _runs switch
        {
            1 => Results.Text("broken", statusCode: 500),
            2 => throw new InvalidDataException("a bug of the handler"),
            _ => Results.Text("content"),
        });
        var payment = await host.PayAsync("/x");
        using var failed = await host.GetAsync("/x", payment);
        failed.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        Payer.ReadSettled(failed).Success.ShouldBeTrue();
        await Should.ThrowAsync<InvalidDataException>(() => host.GetAsync("/x", payment));
        using var served = await host.GetAsync("/x", payment);
        (await served.Content.ReadAsStringAsync()).ShouldBe("content");
        (_runs, host.Facilitator.Moved).ShouldBe((3, 1));
    }

    [Fact]
    public async Task A_refusal_of_the_handler_is_a_reply_and_final()
    {
        await using var host = await OpenAsync((_, _) => Results.Text("no such thing", statusCode: 404));
        var payment = await host.PayAsync("/x");
        for (var i = 0; i < 2; i++)
        {
            (await host.GetAsync("/x", payment)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        (_runs, host.Facilitator.Moved).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_stream_goes_out_as_it_is_made_and_is_not_sent_twice()
    {
        await using var host = await OpenAsync((_, _) => Results.Stream(async body => await body.WriteAsync("data: 1\n\n"u8.ToArray()), "text/event-stream"));
        var payment = await host.PayAsync("/x");
        using var served = await host.GetAsync("/x", payment);
        (await served.Content.ReadAsStringAsync()).ShouldBe("data: 1\n\n");
        Payer.ReadSettled(served).Success.ShouldBeTrue();
        (await host.GetAsync("/x", payment)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (_runs, host.Facilitator.Moved).ShouldBe((1, 1));
    }
}
