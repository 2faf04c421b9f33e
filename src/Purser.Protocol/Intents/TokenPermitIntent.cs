using Purser.Ethereum;
using Purser.Protocol.Payments;

namespace Purser.Protocol.Intents;

/// <summary>
/// Let Permit2 take an exact amount of a token by a signature in place of a transaction: EIP-2612 <c>permit</c>, which the seller's side brings on chain beside a payment by Permit2 and pays the gas for. The spender is
/// the canonical Permit2 and never another: it takes nothing without a further signature of this account, which is a payment of its own with its own reservation.
/// </summary>
public sealed record TokenPermitIntent : Intent
{
    /// <inheritdoc/>
    public override string Kind => "token.permit";

    /// <summary>The only spender that is ever signed for.</summary>
    public static Address Spender => Permit2.Contract;

    /// <summary>The token, which has to have EIP-2612.</summary>
    public required AssetId Asset { get; init; }

    /// <summary>Minimal units, greater than 0: exactly as many as the payment beside it takes.</summary>
    public required UInt256 Amount { get; init; }

    /// <summary>How long the permit may be used, 1 to 86,400 seconds.</summary>
    public required int MaxTimeoutSeconds { get; init; }
}
