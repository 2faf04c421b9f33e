using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Services.Gate;

namespace Purser.Services.Payments.Extensions;

/// <summary>A request to a priced resource, as extensions see it.</summary>
/// <param name="Http">The request; a paid tool's call stands in memory behind it.</param>
/// <param name="Offer">What it costs.</param>
public sealed record SellerVisit(HttpContext Http, PaidOffer Offer);

/// <summary>A payment that came with a request, read and matched; not verified before it is claimed.</summary>
/// <param name="Payload">What the client sent.</param>
/// <param name="Terms">Our own terms that it answers.</param>
/// <param name="Payer">Who pays, as the signed message says.</param>
/// <param name="Proof">A digest of all that was signed and the signature: another payment has another.</param>
/// <param name="Binding">A digest of the request that it came with.</param>
/// <param name="DeadAt">Unix seconds from which it can never be used.</param>
public sealed record SellerPayment(PaymentPayload Payload, PaymentTerms Terms, Address Payer, Hash32 Proof, Hash32 Binding, long DeadAt);

/// <summary>What an extension says to a request.</summary>
public abstract record SellerAnswer
{
    private SellerAnswer()
    {
    }

    /// <summary>Nothing: the request goes on its way.</summary>
    public static SellerAnswer Pass { get; } = new Passed();

    /// <summary>The request is served without a payment.</summary>
    public static SellerAnswer Serve { get; } = new Served();

    /// <summary>See <see cref="Pass"/>.</summary>
    public sealed record Passed : SellerAnswer;

    /// <summary>See <see cref="Serve"/>.</summary>
    public sealed record Served : SellerAnswer;

    /// <summary>What the extension was shown does not count; a payment beside it still may.</summary>
    /// <param name="Reason">The error of the 402, where nothing was paid.</param>
    public sealed record Unpaid(PaymentReason Reason) : SellerAnswer;

    /// <summary>The request is refused; nothing is charged.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(GateRefusal Reason) : SellerAnswer;
}

/// <summary>
/// An extension on the seller's side: it stands in the 402, hears of each step of a request, and may answer. Registered in the host's services (<see cref="SellerExtensionServices"/>); all
/// that are registered hold for every priced resource, unless <see cref="Declare"/> gives null. What a step writes durably is written before the step after it.
/// </summary>
public abstract class SellerExtension
{
    /// <summary>The name in <c>extensions</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Members of <c>info</c> that are new in each 402; a client's echo of them is not compared.</summary>
    public virtual IReadOnlyCollection<string> Fresh => [];

    /// <summary>The entry for a 402, or null when this extension is not offered here.</summary>
    public abstract JsonElement? Declare(SellerVisit visit);

    /// <summary>Before a payment is looked for.</summary>
    public virtual ValueTask<SellerAnswer> OnRequestAsync(SellerVisit visit) => ValueTask.FromResult(SellerAnswer.Pass);

    /// <summary>A payment was read; nothing is verified yet, and it may be a repeat.</summary>
    public virtual ValueTask<SellerAnswer> OnPaymentAsync(SellerVisit visit, SellerPayment payment) => ValueTask.FromResult(SellerAnswer.Pass);

    /// <summary>The payment is verified and claimed for this request, which nobody served yet. A refusal gives the claim back.</summary>
    public virtual ValueTask<SellerAnswer> OnClaimedAsync(SellerVisit visit, SellerPayment payment) => ValueTask.FromResult(SellerAnswer.Pass);

    /// <summary>The claim was given back: nothing was charged.</summary>
    public virtual Task OnReleasedAsync(SellerVisit visit, SellerPayment payment) => Task.CompletedTask;

    /// <summary>The money moved. May come again for one payment, on a repeat after a crash.</summary>
    public virtual Task OnSettledAsync(SellerVisit visit, SellerPayment payment, SettleResponse settled) => Task.CompletedTask;
}
