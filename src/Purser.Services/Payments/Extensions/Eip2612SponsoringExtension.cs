using System.Text.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Services.Payments.Extensions;

/// <summary>
/// <c>eip2612GasSponsoring</c> (specs/x402.md 7) on the seller's side: offers that are paid by Permit2 say that the payer may send an EIP-2612 permit along instead of approving Permit2 by a transaction.
/// The facilitator must name the extension in <c>/supported</c>; ours does.
/// </summary>
public sealed class Eip2612SponsoringExtension : SellerExtension
{
    /// <inheritdoc/>
    public override string Name => Eip2612Sponsoring.Name;

    /// <inheritdoc/>
    public override JsonElement? Declare(SellerVisit visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        return visit.Offer.Accepts.Any(way => PaymentSchemes.ReadTerms(way, out _) is ExactPermit2Terms or UptoTerms) ? Eip2612Sponsoring.Declare() : null;
    }
}
