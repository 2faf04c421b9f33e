using Purser.Ethereum;

namespace Purser.Protocol.Payments;

/// <summary>What the schemes by Permit2 have in common.</summary>
internal static class Permit2Rules
{
    public const string Method = "permit2";

    /// <summary>The checks of the message in the order of deployed peers (specs/x402.md 5.2, 5.4): spender, payee, facilitator, deadline, valid after, amount, token.</summary>
    /// <param name="proof">The proof.</param>
    /// <param name="proxy">The scheme's proxy.</param>
    /// <param name="facilitator">Whom the witness has to name; null where it has no such member.</param>
    /// <param name="now">Unix seconds; null leaves the time out.</param>
    /// <param name="margin">How long before the deadline it is too late.</param>
    public static PaymentReason? Check(Permit2Proof proof, Address proxy, Address? facilitator, UInt256? now, int margin)
    {
        var (message, terms) = (proof.Authorization, proof.Terms);
        return message switch
        {
            _ when message.Spender != proxy => PaymentReason.Spender,
            _ when message.To != terms.PayTo => PaymentReason.Recipient,
            _ when message.Facilitator != facilitator => PaymentReason.Facilitator,
            _ when now is { } instant && message.Deadline < instant + (UInt256)(ulong)margin => PaymentReason.Expired,
            _ when message.ValidAfter > now => PaymentReason.NotYetValid,
            _ when message.Amount != terms.Amount => PaymentReason.Amount,
            _ when message.Token != terms.Asset.Token => PaymentReason.Token,
            _ => null,
        };
    }
}
