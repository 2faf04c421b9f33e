namespace Purser.Protocol.Payments.V1;

/// <summary>What a facilitator that speaks version 1 alone is asked, by a seller whose clients pay in version 2.</summary>
public static class RequestV1
{
    /// <summary>What stands for the resource when the payment names none: version 1 wants a URL there, and no facilitator looks behind it.</summary>
    private const string NoResource = "https://resource.invalid/";

    /// <summary>
    /// The same request in version 1; null where it cannot be said there: another scheme or transfer method than <c>exact</c> by EIP-3009, or a network without a name. The order in which the seller works and settles is left
    /// out, because version 1 has no word for it and a facilitator has no part in it.
    /// </summary>
    public static FacilitatorRequest? From(FacilitatorRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (PaymentSchemes.ReadTerms(request.Requirements, out _) is not ExactEip3009Terms terms || NetworkName.ToV1(request.Requirements.Network) is null)
        {
            return null;
        }

        var requirements = (terms with { Flow = PaymentFlow.Authorization }).ToRequirements();
        var resource = Uri.TryCreate(request.Payload.Resource?.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? request.Payload.Resource! : new ResourceInfo(NoResource);
        return request with
        {
            Version = 1,
            Requirements = requirements,
            Payload = new(requirements, request.Payload.Payload) { Version = 1, Resource = resource },
        };
    }

    /// <summary>A settlement of version 1 as one of version 2 says it: the network in CAIP-2.</summary>
    public static SettleResponse ToV2(SettleResponse answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer with { Network = NetworkName.Normalize(answer.Network) };
    }
}
