using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Protocol.Payments;

/// <summary>What a seller asks, understood: one element of <c>accepts</c> read by its scheme. The family is closed; each kind belongs to one <see cref="IPaymentScheme"/>.</summary>
public abstract record PaymentTerms
{
    private protected PaymentTerms(AssetId asset, Address payTo, UInt256 amount, int maxTimeoutSeconds)
    {
        Asset = asset;
        PayTo = payTo;
        Amount = amount;
        MaxTimeoutSeconds = maxTimeoutSeconds;
    }

    /// <summary>Chain and token.</summary>
    public AssetId Asset { get; init; }

    /// <summary>The payee.</summary>
    public Address PayTo { get; init; }

    /// <summary>Minimal units; of scheme <c>upto</c> the most that may be taken.</summary>
    public UInt256 Amount { get; init; }

    /// <summary>How long a signature may live, in seconds.</summary>
    public int MaxTimeoutSeconds { get; init; }

    /// <summary>When the seller settles.</summary>
    public PaymentFlow Flow { get; init; }

    /// <summary>The rules that these terms stand under.</summary>
    public abstract IPaymentScheme Rules { get; }

    /// <summary>The terms of our own making, as they go out in version 2.</summary>
    public PaymentRequirements ToRequirements()
    {
        var extra = PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            WriteExtra(writer);
            if (Flow is not PaymentFlow.Authorization)
            {
                writer.WriteString("paymentFlow", Flow.ToWire());
            }

            writer.WriteEndObject();
        });
        return new(Rules.Scheme, Asset.Chain.ToString(), Amount.ToString(), Asset.Token.ToString(), PayTo.ToString(), MaxTimeoutSeconds)
        {
            Extra = JsonElement.Parse(extra),
        };
    }

    /// <summary>The scheme's own members of <c>extra</c>.</summary>
    private protected abstract void WriteExtra(Utf8JsonWriter writer);
}
