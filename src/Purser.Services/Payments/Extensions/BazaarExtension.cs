using System.Text.Json;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Services.Payments.Extensions;

/// <summary><c>bazaar</c> (specs/x402.md 7) on the seller's side: where an offer says how it is called (<see cref="PaidOffer.Bazaar"/>), its 402 says so to catalogues.</summary>
public sealed class BazaarExtension : SellerExtension
{
    /// <inheritdoc/>
    public override string Name => BazaarMetadata.Name;

    /// <inheritdoc/>
    public override JsonElement? Declare(SellerVisit visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        return visit.Offer.Bazaar?.ToEntry();
    }
}
