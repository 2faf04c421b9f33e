using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;
using Purser.Services.Payments.Facilitator;

namespace Purser.Services.Payments;

/// <summary>What settling a payment came to, as far as it is known.</summary>
internal abstract record Settlement
{
    private Settlement()
    {
    }

    /// <summary>The money moved.</summary>
    public sealed record Settled(SettleResponse Response) : Settlement;

    /// <summary>It did not move, and this attempt will not move it.</summary>
    public sealed record Refused(SettleResponse Response) : Settlement;

    /// <summary>It may have moved, or may yet.</summary>
    public sealed record Unknown(string Message) : Settlement;

    /// <summary>The facilitator was not reached: nothing was begun.</summary>
    public sealed record NotBegun(string Message) : Settlement;
}

/// <summary>Settles by the facilitator, and where that leaves doubt, asks the chain.</summary>
internal sealed class Settler(IFacilitator facilitator, AuthorizationOnChain? chain)
{
    /// <summary>Settles.</summary>
    /// <param name="payment">The payment, whose claim the caller holds.</param>
    /// <param name="again">Whether settling was, or may have been, begun before.</param>
    public async Task<Settlement> SettleAsync(PresentedPayment payment, bool again)
    {
        // Once begun this is brought to an end, whatever becomes of the client's connection; the facilitator's own time limits bound it.
        try
        {
            var response = await facilitator.SettleAsync(payment.Request, CancellationToken.None);
            return response.Success
                ? new Settlement.Settled(response)
                : IsPending(response)
                    ? new Settlement.Unknown("The transaction was broadcast and is not in a block yet.")
                    : await JudgeAsync(payment, response, again);
        }
        catch (FacilitatorException e)
        {
            return e.IsIndeterminate || again ? await AskChainAsync(payment, new Settlement.Unknown(e.Message)) : new Settlement.NotBegun(e.Message);
        }
    }

    private static bool IsPending(SettleResponse response) =>
        !response.Success && PaymentReasons.FromWire(response.ErrorReason) is PaymentReason.SettlementPending;

    // To a second attempt "used" most likely means our own first one, and peers say "expired" before they look whether it was used: only the chain knows.
    // To a first attempt it means that the payment went elsewhere between verifying and settling: it buys nothing here.
    private Task<Settlement> JudgeAsync(PresentedPayment payment, SettleResponse response, bool again)
    {
        var refused = new Settlement.Refused(response);
        return again && PaymentReasons.FromWire(response.ErrorReason) is (PaymentReason.NonceUsed or PaymentReason.Expired)
            ? AskChainAsync(payment, new Settlement.Unknown("The authorization is used or expired; what it was used for is not known."))
            : Task.FromResult<Settlement>(refused);
    }

    private async Task<Settlement> AskChainAsync(PresentedPayment payment, Settlement otherwise)
    {
        if (chain is null)
        {
            return otherwise;
        }

        try
        {
            return await chain.FindAsync(payment.Terms, payment.Proof.Authorization) switch
            {
                AuthorizationFate.Paid paid => new Settlement.Settled(new(true, paid.TransactionHash.ToString(), payment.Request.Requirements.Network,
                    payment.Proof.Authorization.From.ToString())),
                AuthorizationFate.Dead dead => new Settlement.Refused(new(false, "", payment.Request.Requirements.Network,
                    payment.Proof.Authorization.From.ToString(), dead.Reason.ToWire())),
                _ => otherwise,
            };
        }
        catch (ChainException)
        {
            return otherwise;
        }
    }
}
