using System.Diagnostics;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Services.Gate;
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

    /// <summary>
    /// The claim's next state and the outcome to be noted with it. A refusal leaves a kept reply where it is: a repeat settles again and does not work again.
    /// Without a kept reply there is only the work to repeat.
    /// </summary>
    public (ClaimState State, byte[] Outcome) ToClaim(bool replyKept, string network)
    {
        var refused = replyKept ? ClaimState.Handled : ClaimState.Released;
        return this switch
        {
            Settled settled => (ClaimState.Settled, PaymentHeader.Json(settled.Response.Write)),
            Refused no => (refused, PaymentHeader.Json(no.Response.Write)),
            Unknown => (ClaimState.Unknown, []),
            NotBegun => (refused, PaymentHeader.Json(new SettleResponse(false, "", network, ErrorReason: PaymentReason.SettleError.ToWire()).Write)),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>An outcome as it was noted; null when there is none.</summary>
    public static SettleResponse? ReadOutcome(ReadOnlyMemory<byte> outcome)
    {
        var shape = JsonShape.Parse(outcome.Span);
        var settled = SettleResponse.Read(shape);
        return shape.Ok ? settled : null;
    }
}

/// <summary>Settles by the facilitator, and where that leaves doubt, asks the chain.</summary>
internal sealed class Settler(IFacilitator facilitator, PaymentsOptions options, SettlementOwner? owner = null)
{
    private readonly IPaymentFateReader? _chain = options.Chain is null ? null : new PaymentFates(options.Chain);

    /// <summary>Settles.</summary>
    /// <param name="payment">The payment, whose claim the caller holds.</param>
    /// <param name="again">Whether settling was, or may have been, begun before.</param>
    public async Task<Settlement> SettleAsync(PresentedPayment payment, bool again)
    {
        // Once begun this is brought to an end, whatever becomes of the client's connection; the facilitator's own time limits bound it.
        try
        {
            var request = owner is null ? payment.Settlement : payment.Settlement with { Owner = await owner.NameAsync(payment.Key) };
            var response = await facilitator.SettleAsync(request, CancellationToken.None);
            return response.Success
                ? new Settlement.Settled(response)
                : IsPending(response)
                    ? new Settlement.Unknown("The transaction was broadcast and is not in a block yet.")
                    : await JudgeAsync(payment, response, again);
        }
        catch (FacilitatorException e)
        {
            return e.IsIndeterminate || again || payment.Taken.IsZero
                ? await AskChainAsync(payment, new Settlement.Unknown(e.Message))
                : new Settlement.NotBegun(e.Message);
        }
    }

    private static bool IsPending(SettleResponse response) =>
        !response.Success && PaymentReasons.FromWire(response.ErrorReason) is PaymentReason.SettlementPending;

    // "unexpected_settle_error" is a facilitator that stumbled, perhaps after it broadcast: no word on the money. To a second attempt "used" most likely means
    // our own first one, "insufficient funds" or a missing allowance that the first one took them, and peers say "expired" before they look whether it was used: only the chain knows.
    // To a first attempt "used" means that somebody else handed the payment in between our verifying and our settling. When the money came to a payee whom no
    // other shop has, it came for this request, whose claim we hold: then the payer is not made to pay for a stranger's haste.
    private Task<Settlement> JudgeAsync(PresentedPayment payment, SettleResponse response, bool again)
    {
        var refused = new Settlement.Refused(response);
        var reason = PaymentReasons.FromWire(response.ErrorReason);
        if (response.IsAnothers && options.PayeeIsShared)
        {
            // His word that it was another's, where the chain could only say that the payee whom we share was paid.
            return Task.FromResult<Settlement>(refused);
        }

        var doubtful = reason is PaymentReason.SettleError or PaymentReason.VerifyError
            || (again && reason is (PaymentReason.NonceUsed or PaymentReason.Expired or PaymentReason.InsufficientBalance or PaymentReason.AllowanceRequired or PaymentReason.SimulationFailed
                or PaymentReason.TransactionFailed or PaymentReason.Other));
        var open = new Settlement.Unknown("The facilitator's answer leaves open whether the payment was settled.");
        return doubtful ? AskChainAsync(payment, open)
            : reason is PaymentReason.NonceUsed && !options.PayeeIsShared && CanAsk(payment) ? AskChainAsync(payment, refused, open)
            : Task.FromResult<Settlement>(refused);
    }

    // Another chain's node would know nothing of the payment, and its silence would be taken for a word.
    private bool CanAsk(PresentedPayment payment) => _chain is not null && payment.Proof.Terms.Asset.Chain == options.Network;

    private async Task<Settlement> AskChainAsync(PresentedPayment payment, Settlement otherwise, Settlement? silent = null)
    {
        if (payment.Taken.IsZero)
        {
            // Nothing is to be moved, so there is nothing to be in doubt about.
            return new Settlement.Settled(payment.NothingTaken);
        }

        if (!CanAsk(payment))
        {
            return otherwise;
        }

        try
        {
            return await _chain!.FindAsync(payment.Proof, payment.Taken) switch
            {
                // Where the payee is shared the chain cannot say for whom he was paid; the facilitator can, when he is asked again.
                PaymentFate.Paid when options.PayeeIsShared => new Settlement.Unknown("The payee was paid, and he has other shops: whether it was for this one the facilitator must say."),
                PaymentFate.Paid paid => new Settlement.Settled(new(true, paid.TransactionHash.ToString(), payment.Request.Requirements.Network,
                    payment.Proof.Payer.ToString())
                {
                    Amount = payment.Rules.AmountIsMaximum ? payment.Taken.ToString() : null,
                }),
                PaymentFate.Dead dead => new Settlement.Refused(new(false, "", payment.Request.Requirements.Network,
                    payment.Proof.Payer.ToString(), payment.Proof.Terms.Rules.ToWire(dead.Reason))),
                _ => otherwise,
            };
        }
        catch (ChainException)
        {
            return silent ?? otherwise;
        }
    }
}

/// <summary>Breaks a handler's write off whose reply may not go out.</summary>
internal sealed class NotSettledException() : Exception("The payment was not settled, so the reply is not sent.");
