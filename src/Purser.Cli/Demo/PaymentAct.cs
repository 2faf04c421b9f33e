using System.Net;
using Purser.Agent.Payments;
using Purser.Cli.Commands;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;

namespace Purser.Cli.Demo;

/// <summary>The act of the payments: an agent is asked for money, shows it, pays, is served; what a thief and a greedy seller would try is refused.</summary>
public static class PaymentAct
{
    /// <summary>Plays the act. Whatever does not go as told throws.</summary>
    public static async Task PlayAsync(DemoWorld world, DemoTranscript transcript, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(world);
        ArgumentNullException.ThrowIfNull(transcript);
        var weather = new Uri(world.Shop.Url, "/weather?city=Lisbon");

        using var ask = new HttpRequestMessage(HttpMethod.Get, weather);
        var offered = Expect<QuoteResult.Offered>(await world.Payments.QuoteAsync(ask, cancellationToken: cancellationToken));
        Require((await world.Wallet.ListPaymentsAsync(10, cancellationToken)).Count == 0, "a quote touched the wallet");
        transcript.Step("quote", $"HTTP 402 from {weather}; nothing of the wallet was touched");
        foreach (var line in offered.Quote.Card())
        {
            transcript.Tell($"     {line}");
        }

        var served = Expect<PaymentResult.Served>(await world.Payments.ConfirmAsync(offered.Quote.Id, world.Agent.Address, cancellationToken));
        var body = await served.Response.Content.ReadAsStringAsync(cancellationToken);
        served.Response.Dispose();
        var settled = Hash32.Parse(served.Settlement?.Transaction ?? throw new InvalidOperationException("The seller named no settlement."));
        transcript.Step("pay", $"confirmed {AmountText.Display(offered.Quote.Terms.Amount, offered.Quote.Token)}; signed (EIP-3009), served: {body}", settled);

        await ReplayAsync(world, transcript, weather, body, cancellationToken);
        await OverCapAsync(world, transcript, cancellationToken);
    }

    private static async Task ReplayAsync(DemoWorld world, DemoTranscript transcript, Uri weather, string body, CancellationToken cancellationToken)
    {
        var block = await world.Chain.GetBlockNumberAsync(cancellationToken);
        var (repeatStatus, repeatBody) = await PresentAsync(world, weather, withKey: true, cancellationToken);
        Require(repeatStatus == HttpStatusCode.OK && repeatBody == body && world.Shop.Served == 1, $"the repeat was answered {(int)repeatStatus}");
        transcript.Step("repeat", "the same request with the same header, as after a lost reply: the first reply again; the handler did not run, no money moved");

        var (otherStatus, _) = await PresentAsync(world, new Uri(world.Shop.Url, "/weather?city=Oslo"), withKey: true, cancellationToken);
        Require(otherStatus == HttpStatusCode.PaymentRequired && world.Shop.Served == 1, $"the replay elsewhere was answered {(int)otherStatus}");
        transcript.Step("replay refused", "the same header for another resource: HTTP 402, nothing served");

        var (thiefStatus, _) = await PresentAsync(world, weather, withKey: false, cancellationToken);
        Require(thiefStatus == HttpStatusCode.PaymentRequired && world.Shop.Served == 1, $"the thief's replay was answered {(int)thiefStatus}");
        transcript.Step("replay refused", "the same header from one who read it off the chain: HTTP 402, nothing served");

        world.Clock.Advance(TimeSpan.FromDays(2));
        var (lateStatus, _) = await PresentAsync(world, weather, withKey: true, cancellationToken);
        Require(lateStatus == HttpStatusCode.PaymentRequired && world.Shop.Served == 1, $"the late replay was answered {(int)lateStatus}");
        transcript.Step("replay refused", "the very same request two days later (chain and services moved together): HTTP 402, nothing served");
        Require(await world.Chain.GetBlockNumberAsync(cancellationToken) == block, "a replay made a transaction");
    }

    private static async Task OverCapAsync(DemoWorld world, DemoTranscript transcript, CancellationToken cancellationToken)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, new Uri(world.Shop.Url, "/report"));
        var offered = Expect<QuoteResult.Offered>(await world.Payments.QuoteAsync(ask, cancellationToken: cancellationToken));
        var refused = Expect<PaymentResult.WalletRefused>(await world.Payments.ConfirmAsync(offered.Quote.Id, world.Agent.Address, cancellationToken));
        Require(world.Shop.Served == 1, "the report was served");
        transcript.Step("over the cap", $"{AmountText.Display(offered.Quote.Terms.Amount, offered.Quote.Token)} asked, refused by the policy before any signature: {refused.Reason.Message} [{refused.Reason.Code}]");
    }

    private static async Task<(HttpStatusCode Status, string Body)> PresentAsync(DemoWorld world, Uri url, bool withKey, CancellationToken cancellationToken)
    {
        var (payment, key) = world.Recorder.Last ?? throw new InvalidOperationException("No payment was sent.");
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation(PaymentHeader.Signature, payment);
        if (withKey && key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }
        using var response = await CommandContext.Http.SendAsync(request, cancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private static T Expect<T>(object result)
        where T : class => result as T ?? throw new InvalidOperationException($"Expected {typeof(T).Name}, got {result}.");

    private static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"The demonstration failed: {what}.");
        }
    }
}
