using System.Text.Json;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Agent.Payments;

/// <summary>What a payer says to the seller's extensions: all of them echoed, with what is his to add.</summary>
internal static class EchoedExtensions
{
    /// <summary>
    /// The extensions of a quote's payment. The identifier follows from the quote, so that every retry of one logical request, whichever process makes it, carries the same.
    /// </summary>
    /// <param name="quote">The quote.</param>
    /// <param name="permit">The permit that goes along with a payment by Permit2, or null.</param>
    public static JsonElement? Of(Quote quote, Eip2612Sponsorship? permit)
    {
        var additions = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (PaymentExtensions.Info(quote.Extensions, PaymentIdentifier.Name) is { Ok: true } info && !info.Has("id"))
        {
            additions[PaymentIdentifier.Name] = PaymentIdentifier.Addition("pay_" + quote.Id);
        }

        if (permit is not null)
        {
            additions[Eip2612Sponsoring.Name] = Eip2612Sponsoring.Addition(permit);
        }

        return PaymentExtensions.Echo(quote.Extensions, additions);
    }
}
