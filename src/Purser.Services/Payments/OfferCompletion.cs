using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Services.Payments.Facilitator;

namespace Purser.Services.Payments;

/// <summary>
/// Puts into offers by scheme <c>upto</c> who settles them: the address that the facilitator names in <c>/supported</c>, unless the seller named one. It is asked when the first such offer is made, and
/// again until it answers; other offers never wait for it.
/// </summary>
internal sealed class OfferCompletion(IFacilitator facilitator)
{
    private readonly ConcurrentDictionary<PaidOffer, PaidOffer> _complete = new();

    /// <summary>The offer as it can go out.</summary>
    /// <exception cref="FacilitatorException">The facilitator could not be asked, or does not settle such an offer.</exception>
    public async ValueTask<PaidOffer> CompleteAsync(PaidOffer offer, CancellationToken cancellationToken)
    {
        if (!offer.Accepts.Any(IsOpen))
        {
            return offer;
        }

        if (_complete.TryGetValue(offer, out var known))
        {
            return known;
        }

        var supported = await facilitator.GetSupportedAsync(cancellationToken);
        var complete = offer with { Accepts = [.. offer.Accepts.Select(way => IsOpen(way) ? Complete(way, supported) : way)] };
        if (_complete.Count > 1000)
        {
            // Offers that are made for each request are not kept for ever.
            _complete.Clear();
        }

        return _complete[offer] = complete;
    }

    private static bool IsOpen(PaymentRequirements way) => way.Scheme == Upto.Instance.Scheme && !(way.Extra is { } extra && extra.TryGetProperty(Upto.FacilitatorMember, out _));

    private static PaymentRequirements Complete(PaymentRequirements way, SupportedResponse supported)
    {
        var address = supported.Kinds.FirstOrDefault(kind => kind.Version == PaymentRequired.Version && kind.Scheme == way.Scheme && kind.Network == way.Network)?.Extra is { } extra
            && extra.TryGetProperty(Upto.FacilitatorMember, out var value) && value.ValueKind is JsonValueKind.String && Address.TryParse(value.GetString()!, out var settler)
                ? settler
                : throw new FacilitatorException($"The facilitator does not settle scheme {way.Scheme} on {way.Network}.");
        var members = way.Extra is { } given ? JsonObject.Create(given)! : [];
        members[Upto.FacilitatorMember] = address.ToString();
        return way with { Extra = JsonElement.Parse(members.ToJsonString()), Verbatim = null };
    }
}
