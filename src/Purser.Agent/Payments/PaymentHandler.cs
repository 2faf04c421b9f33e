using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Wallet;

namespace Purser.Agent.Payments;

/// <summary>How a <see cref="PaymentHandler"/> pays.</summary>
public sealed record PaymentHandlerOptions
{
    /// <summary>The account that pays.</summary>
    public required Address Account { get; init; }

    /// <summary>The most that one request may cost; an offer in another asset, or above it, is not taken. The wallet's policy has its own say besides.</summary>
    public required TokenAmount MaxAmount { get; init; }
}

/// <summary>
/// Pays for what an <see cref="HttpClient"/> asks: a 402 within the cap is authorized by the wallet and the request replayed, once. The caller gave the confirmation
/// beforehand, by the cap. One call is one payment at most, whatever happens on the way; a 402 that it does not pay is handed back as it came.
/// </summary>
/// <param name="wallet">The one door to signatures.</param>
/// <param name="registry">What is known of chains and tokens.</param>
/// <param name="options">Who pays, and how much at most.</param>
/// <param name="clock">For the quote's expiry.</param>
/// <param name="random">For the payment's id.</param>
public sealed class PaymentHandler(IWallet wallet, AssetRegistry registry, PaymentHandlerOptions options, TimeProvider clock, IRandom random) : DelegatingHandler
{
    private bool _checked;

    /// <summary>Sends, pays where asked, and sends again with the payment.</summary>
    /// <exception cref="PaymentRequestException">The request cannot be paid for as it is.</exception>
    /// <exception cref="PaymentFailedException">The wallet refused, needs a human, or the outcome is unknown.</exception>
    /// <exception cref="InvalidOperationException">The innermost handler follows redirects, which could carry a payment to another origin.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        RefuseRedirects();
        var kept = await PaidRequest.FromAsync(request, cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.PaymentRequired
            || await Challenge.ReadAsync(response, registry, amount => amount.Asset == options.MaxAmount.Asset && amount <= options.MaxAmount, cancellationToken: cancellationToken) is not Challenge.Payable payable)
        {
            return response;
        }
        response.Dispose();
        var quote = PaymentClient.NewQuote(kept, payable, clock.GetUtcNow(), random);
        return await new Presenter(wallet, base.SendAsync).PresentAsync(quote, options.Account, cancellationToken) switch
        {
            PaymentResult.Served served => served.Response,
            PaymentResult.Rejected rejected => rejected.Response,
            PaymentResult.WalletRefused refused => throw new PaymentFailedException(refused.Reason.Code, refused.Reason.Message, refused.Reason.Hint, quote.IntentId),
            PaymentResult.ApprovalNeeded needed => throw new PaymentFailedException("approval_needed", needed.Summary, $"Approve {needed.ApprovalId}, then send the request again.", quote.IntentId),
            PaymentResult.Unknown unknown => throw new PaymentFailedException("payment_unknown", $"Money may have moved: {unknown.Reason}", "Do not pay again; reconcile the payment.", quote.IntentId) { IsUnknown = true },
            PaymentResult.Refused refused => throw new PaymentFailedException(refused.Refusal.Code, refused.Refusal.Message, refused.Refusal.Hint, quote.IntentId),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    // A redirecting handler sends the payment header on to wherever a seller points it.
    private void RefuseRedirects()
    {
        if (_checked)
        {
            return;
        }
        var handler = InnerHandler;
        while (handler is DelegatingHandler { InnerHandler: { } inner })
        {
            handler = inner;
        }
        if (handler is SocketsHttpHandler { AllowAutoRedirect: true } or HttpClientHandler { AllowAutoRedirect: true })
        {
            throw new InvalidOperationException("The innermost HTTP handler follows redirects, which could carry a payment to another origin: set AllowAutoRedirect to false.");
        }
        _checked = true;
    }
}

/// <summary>A payment that did not lead to a reply.</summary>
public sealed class PaymentFailedException : Exception
{
    /// <summary>Makes one.</summary>
    public PaymentFailedException(string code, string message, string hint, string intentId)
        : base(message)
    {
        Code = code;
        Hint = hint;
        IntentId = intentId;
    }

    /// <summary>Makes one of a message.</summary>
    public PaymentFailedException(string message)
        : this("payment_failed", message, "", "")
    {
    }

    /// <summary>Makes one without details.</summary>
    public PaymentFailedException()
        : this("The payment failed.")
    {
    }

    /// <summary>Makes one of a message and a cause.</summary>
    public PaymentFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
        Code = "payment_failed";
        Hint = "";
        IntentId = "";
    }

    /// <summary>The stable code.</summary>
    public string Code { get; }

    /// <summary>What to do next.</summary>
    public string Hint { get; }

    /// <summary>The wallet's name for the payment.</summary>
    public string IntentId { get; }

    /// <summary>Whether money may have moved.</summary>
    public bool IsUnknown { get; init; }
}
