using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Purser.Ethereum;
using Purser.Protocol.Payments.Extensions;
using Purser.Services.Gate;

namespace Purser.Services.Payments.Extensions;

/// <summary>
/// <c>payment-identifier</c> (specs/x402.md 7) on the seller's side. The id is claimed for one payment, by payee and route, when that payment is claimed; the same id with another
/// payment is a 409, and with the same payment the gate's own claim gives the first reply. A payment that was given back gives its id back.
/// </summary>
/// <param name="claims">Where ids are kept.</param>
/// <param name="time">The clock.</param>
/// <param name="required">Whether a payment without an id is refused.</param>
public sealed class PaymentIdentifierExtension(IClaims claims, TimeProvider time, bool required) : SellerExtension
{
    /// <summary>The scope of its claims.</summary>
    public const string Scope = "payment-identifier";

    // An id outlives its payment by what claims are remembered; what never dies by its own terms is not remembered for longer than this.
    private static readonly TimeSpan s_maxAge = TimeSpan.FromDays(1);

    private static readonly GateRefusal s_conflict = new(StatusCodes.Status409Conflict, "payment_identifier_conflict", "This payment identifier was used with another payment",
        "to repeat a request, send the same payment; for another request, make another identifier. Nothing was charged");

    /// <inheritdoc/>
    public override string Name => PaymentIdentifier.Name;

    /// <inheritdoc/>
    public override JsonElement? Declare(SellerVisit visit) => PaymentIdentifier.Declare(required);

    /// <inheritdoc/>
    public override async ValueTask<SellerAnswer> OnPaymentAsync(SellerVisit visit, SellerPayment payment)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(payment);
        var id = PaymentIdentifier.ReadId(payment.Payload.Extensions, out var refusal);
        if (refusal is not null)
        {
            return new SellerAnswer.Refused(new(StatusCodes.Status400BadRequest, "payment_identifier_invalid", $"The payment identifier cannot be read: {refusal}",
                "send 16 to 128 letters, digits, hyphens and underscores. Nothing was charged"));
        }

        if (id is null)
        {
            return required
                ? new SellerAnswer.Refused(new(StatusCodes.Status400BadRequest, "payment_identifier_required", "This service takes payments with a payment identifier only",
                    "add extensions[\"payment-identifier\"].info.id to the payment. Nothing was charged"))
                : SellerAnswer.Pass;
        }

        return await claims.FindAsync(Key(visit, payment, id), visit.Http.RequestAborted) is { State: not ClaimState.Released } known && known.Proof != payment.Proof
            ? new SellerAnswer.Refused(s_conflict)
            : SellerAnswer.Pass;
    }

    /// <inheritdoc/>
    public override async ValueTask<SellerAnswer> OnClaimedAsync(SellerVisit visit, SellerPayment payment)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(payment);
        if (PaymentIdentifier.ReadId(payment.Payload.Extensions, out _) is not { } id)
        {
            return SellerAnswer.Pass;
        }

        // The race: of two payments with one id that both were found free of it above, one wins here, and the other is the conflict.
        return await TakeAsync(visit, payment, id) is { } attempt ? Judge(attempt) : new SellerAnswer.Refused(s_conflict);
    }

    /// <inheritdoc/>
    public override async Task OnReleasedAsync(SellerVisit visit, SellerPayment payment)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(payment);
        if (PaymentIdentifier.ReadId(payment.Payload.Extensions, out _) is { } id && await TakeAsync(visit, payment, id) is ClaimAttempt.Won won)
        {
            using var hold = won.Hold;
            await claims.MoveAsync(hold, ClaimState.Released, default, CancellationToken.None);
        }
    }

    private static SellerAnswer Judge(ClaimAttempt attempt)
    {
        // The claim itself stays; what is let go is only the place in this process's line.
        (attempt as ClaimAttempt.Won)?.Hold.Dispose();
        return attempt is ClaimAttempt.Elsewhere ? new SellerAnswer.Refused(s_conflict) : SellerAnswer.Pass;
    }

    /// <summary>Takes the id for a payment; waits for others of this process who are at it. Null when they do not end.</summary>
    private async Task<ClaimAttempt?> TakeAsync(SellerVisit visit, SellerPayment payment, string id)
    {
        var deadAt = Math.Min(payment.DeadAt, (time.GetUtcNow() + s_maxAge).ToUnixTimeSeconds());
        var request = new ClaimRequest(Key(visit, payment, id), payment.Proof, payment.Proof, default, deadAt);
        for (var attempt = 0; attempt < 16; attempt++)
        {
            var taken = await claims.TakeAsync(request, CancellationToken.None);
            if (taken is not ClaimAttempt.Busy { Finished: { } finished })
            {
                return taken;
            }

            await finished;
        }

        return null;
    }

    private static ClaimKey Key(SellerVisit visit, SellerPayment payment, string id)
    {
        var request = visit.Http.Request;
        // The id has no line feed in it, and neither has the method: three parts that cannot run into one another.
        return new(Scope, new Hash32(SHA256.HashData(Encoding.UTF8.GetBytes($"{payment.Terms.PayTo}\n{id}\n{request.Method}\n{request.PathBase}{request.Path}"))));
    }
}
