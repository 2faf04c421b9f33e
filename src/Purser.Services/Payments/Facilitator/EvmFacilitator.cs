using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Storage;
using Purser.Wallet.Transactions;

namespace Purser.Services.Payments.Facilitator;

/// <summary>
/// Verifies and settles payments on EVM chains in this process. It sends nothing but the transfer that it verified, from a lane of its own, once; and before it, where the payer's wallet does not exist yet, the call of a factory that its owner allowed.
/// Success means that a transaction of its own moved the money. An authorization that a stranger submitted before it is answered with <c>nonce_already_used</c>,
/// although the payee was paid: which of several sellers' requests that money pays for is known by the seller's claim, never here.
/// </summary>
public sealed partial class EvmFacilitator : IFacilitator
{
    private readonly IReadOnlyDictionary<ChainId, FacilitatorChain> _chains;
    private readonly SettlementBook _book;
    private readonly IReadOnlyList<IFacilitatorScheme> _schemes;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _wait;

    /// <summary>Makes a facilitator.</summary>
    /// <param name="chains">The chains served, each with its lane.</param>
    /// <param name="book">The durable memory.</param>
    /// <param name="clock">The clock by which validity is judged: the chain's own, or near it.</param>
    /// <param name="receiptWait">How long a repeated settlement waits for a known transaction's receipt.</param>
    public EvmFacilitator(IReadOnlyDictionary<ChainId, FacilitatorChain> chains, SettlementBook book, TimeProvider clock, TimeSpan receiptWait)
    {
        ArgumentNullException.ThrowIfNull(chains);
        ArgumentNullException.ThrowIfNull(book);
        _chains = chains;
        _book = book;
        _clock = clock;
        _schemes =
        [
            new ExactEip3009Settling(clock),
            new Permit2Settling(ExactPermit2.Instance, Permit2.ExactProxy, clock),
            new Permit2Settling(Upto.Instance, Permit2.UptoProxy, clock),
        ];
        _wait = receiptWait;
    }

    /// <inheritdoc/>
    public async Task<VerifyResponse> VerifyAsync(FacilitatorRequest request, CancellationToken cancellationToken = default)
    {
        if (Read(request, settles: false, out var refusal) is not { } payment)
        {
            return new(false, null, refusal.Reason, refusal.Message);
        }
        try
        {
            var verdict = await payment.Scheme.VerifyAsync(payment.Served, payment.Proof, payment.Amount, simulate: true, cancellationToken);
            var answer = verdict.Reason is { } reason ? new VerifyResponse(false, payment.Payer, payment.Rules.ToWire(reason), verdict.Message) : new(true, payment.Payer);
            Telemetry?.Verified(answer, payment.Network);
            return answer;
        }
        catch (ChainException exception)
        {
            throw Unreachable(exception);
        }
    }

    /// <inheritdoc/>
    public async Task<SettleResponse> SettleAsync(FacilitatorRequest request, CancellationToken cancellationToken = default)
    {
        if (Read(request, settles: true, out var refusal) is not { } payment)
        {
            return new(false, "", request.Requirements.Network, null, refusal.Reason, refusal.Message);
        }
        try
        {
            var answer = await SettleAsync(payment, cancellationToken);
            Telemetry?.Settled(answer, payment.Network);
            return answer;
        }
        catch (ChainException exception)
        {
            Telemetry?.Failed(payment.Network);
            throw Unreachable(exception);
        }
        catch (StorageException exception)
        {
            Telemetry?.Failed(payment.Network);

            // The book or the lane's table failed: before or after the sending is not told apart here.
            throw new FacilitatorException($"The facilitator's store failed ({exception.Code}).", exception) { IsTransient = exception.IsTransient, IsIndeterminate = true };
        }
    }

    /// <inheritdoc/>
    public Task<SupportedResponse> GetSupportedAsync(CancellationToken cancellationToken = default) => Task.FromResult(new SupportedResponse(
        [
            .. _chains.SelectMany(served => _schemes.DistinctBy(scheme => scheme.Rules.Scheme).Select(scheme => KindOf(scheme.Rules, served.Key, served.Value))),
            .. _chains.Keys.Select(chain => NetworkName.ToV1(chain.ToString())).OfType<string>().Select(name => new SupportedKind(1, ExactEip3009.Instance.Scheme, name)),
        ],
        [Eip2612Sponsoring.Name],
        new Dictionary<string, IReadOnlyList<string>> { ["eip155:*"] = [.. _chains.Values.SelectMany(served => served.Lanes).Select(lane => lane.Address.ToString()).Distinct()] }));

    private static SupportedKind KindOf(IPaymentScheme rules, ChainId chain, FacilitatorChain served) => new(PaymentRequired.Version, rules.Scheme, chain.ToString())
    {
        Extra = rules.AmountIsMaximum ? JsonElement.Parse($$"""{"{{Upto.FacilitatorMember}}":"{{served.Lane.Address}}"}""") : null,
    };

    /// <summary>Reads without asking the chain: the scheme, its terms, a chain and token that are served, the proof. Null with the reason, as peers name it.</summary>
    private FacilitatorPayment? Read(FacilitatorRequest request, bool settles, out (string Reason, string? Message) refusal)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (PaymentSchemes.Find(request.Requirements, out var reason) is not { } rules || _schemes.FirstOrDefault(scheme => scheme.Rules == rules) is not { } scheme)
        {
            refusal = (reason.ToWire(), null);
            return null;
        }
        var requirements = settles ? rules.SignedTerms(request) : request.Requirements;
        if (rules.CheckTerms(request.Payload.Accepted, requirements) is { } mismatch)
        {
            refusal = (rules.ToWire(mismatch), null);
            return null;
        }
        var terms = rules.ReadTerms(requirements, out _)!;
        if (!_chains.TryGetValue(terms.Asset.Chain, out var served))
        {
            refusal = (rules.ToWire(PaymentReason.Network), $"This facilitator does not serve {terms.Asset.Chain}.");
            return null;
        }
        if (served.Tokens?.Contains(terms.Asset.Token) == false)
        {
            refusal = (rules.ToWire(PaymentReason.InvalidRequirements), $"This facilitator does not settle {terms.Asset}.");
            return null;
        }
        var shape = JsonShape.Of(request.Payload.Payload);
        var proof = rules.ReadProof(terms, shape);
        if (!shape.Ok || !UInt256.TryParse(request.Requirements.Amount, out var amount))
        {
            refusal = (rules.ToWire(PaymentReason.InvalidPayload), shape.Refusal?.ToString());
            return null;
        }
        if (proof is Permit2Proof permit)
        {
            var sponsorship = Eip2612Sponsoring.Read(request.Payload.Extensions, out var unread);
            if (unread is not null)
            {
                refusal = (rules.ToWire(PaymentReason.PermitFormat), unread.ToString());
                return null;
            }
            proof = permit with { Sponsorship = sponsorship };
        }
        refusal = amount > terms.Amount ? (rules.ToWire(PaymentReason.SettlementExceedsAmount), null) : default;
        return amount > terms.Amount ? null : new(scheme, served, proof, amount, settles ? OwnerOf(request) : default); // to verify, nobody has to be known
    }

    private async Task<SettleResponse> SettleAsync(FacilitatorPayment payment, CancellationToken cancellationToken)
    {
        await PurgeAsync(cancellationToken);
        var (key, content) = (payment.Key, payment.Content);
        var known = await _book.FindAsync(key, content, payment.Owner, cancellationToken);
        var lane = LaneOf(payment, known);
        var (laneKey, sent) = known is SettlementEntry.Finished or SettlementEntry.Other || lane is null
            ? ("", null)
            : await FollowAsync(lane, known is SettlementEntry.Open { HasOwner: false } ? content : payment.Sending, known is null ? TimeSpan.Zero : _wait, cancellationToken);
        if ((known is not null || sent is not null) && payment.Rules.CheckParties(payment.Proof) is { } foreign)
        {
            // What settled one seller's terms is no answer to other terms, although the signed bytes are the same.
            return Failure(payment, foreign);
        }
        if (known is null or SettlementEntry.Open && sent is null)
        {
            // Only what was never sent is verified anew: what was sent is followed, whether or not it would verify now.
            var verdict = await payment.Scheme.VerifyAsync(payment.Served, payment.Proof, payment.Amount, simulate: false, cancellationToken);
            if (verdict.Reason is { } reason)
            {
                return Failure(payment, reason, verdict.Message);
            }
            known = await _book.OpenAsync(key, content, payment.Owner, lane!.Address, payment.Proof.DeadAt, cancellationToken);
            if (known is SettlementEntry.Open { Lane: { } first } && first != lane.Address)
            {
                // The race: a twin opened it for another of our keys. Whoever asks next finds that key's transaction.
                throw new FacilitatorException("Another replica has begun to settle this payment by another key. Ask again.") { IsTransient = true, IsIndeterminate = true };
            }
        }
        switch (known)
        {
            case SettlementEntry.Finished finished:
                return Answer(payment, finished);
            case SettlementEntry.Other { IsAnothers: true }:
                return Failure(payment, PaymentReason.NonceUsed, "This payment is settled for another asker.") with { IsAnothers = true };
            case SettlementEntry.Other:
                return Failure(payment, PaymentReason.NonceUsed, "This authorization was presented before with another signature, or for another amount.");
            default:
                break;
        }
        if (payment.Amount.IsZero)
        {
            // Nothing is taken, so nothing is sent; the note keeps the same permit from being taken more of later.
            return await FinishAsync(payment, content, "", null, cancellationToken);
        }
        if (sent is null && await DeployAsync(payment, lane!, cancellationToken) is { } undeployed)
        {
            await _book.ForgetAsync(key, payment.Owner, cancellationToken);
            return Failure(payment, undeployed);
        }
        // A repeat waits for what is on its way; only when nothing was made for this key is a transaction made.
        var result = sent ?? await SendAsync(lane!, laneKey, payment, cancellationToken);
        if (result is LaneResult.Refused && await lane!.FollowAsync(laneKey, _wait, cancellationToken) is { } twins)
        {
            // The race: a twin's transaction came between the lane's look and its estimate, and what would revert now is the second of the two.
            result = twins;
        }
        return await CloseAsync(payment, content, result, cancellationToken);
    }

    // The content's and its owner's name, not the payment's: what is followed under it is this very message with this very signature, sent for this very asker. When the lane's
    // nonce for it went to a transaction of somebody else (the key is used elsewhere), nothing was settled, and the wish goes on under
    // the next name: all who ask count the replaced ones alike, so they come to the same.
    private static async Task<(string LaneKey, LaneResult? Sent)> FollowAsync(INonceLane lane, Hash32 sending, TimeSpan wait, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var laneKey = attempt == 0 ? $"x402/{sending}" : $"x402/{sending}/{attempt}";
            if (await lane.FollowAsync(laneKey, wait, cancellationToken) is not LaneResult.Replaced and var sent)
            {
                return (laneKey, sent);
            }
        }
    }

    private async Task<SettleResponse> CloseAsync(FacilitatorPayment payment, Hash32 content, LaneResult result, CancellationToken cancellationToken)
    {
        switch (result)
        {
            case LaneResult.Mined mined:
                Telemetry?.Used(mined.Receipt, payment.Network);
                return await FinishAsync(payment, content, mined.Receipt.TransactionHash.ToString(), payment.Scheme.Judge(mined.Receipt, payment.Proof, payment.Amount), cancellationToken);

            case LaneResult.Reverted reverted:
                // Somebody else submitted the authorization between our estimate and our block: who holds the claim must look at the chain.
                var reason = await payment.Scheme.DiagnoseAsync(payment.Served, payment.Proof, cancellationToken);
                return await FinishAsync(payment, content, reverted.Receipt.TransactionHash.ToString(), reason, cancellationToken);

            case LaneResult.Cancelled cancelled:
                // The operator took it back: this facilitator does not settle it. The authorization itself lives on until it expires.
                return await FinishAsync(payment, content, cancelled.Receipt.TransactionHash.ToString(), PaymentReason.TransactionFailed, cancellationToken);

            case LaneResult.Replaced:
                // Found while it was sent. Nothing was settled; the row stays open and the repeat sends it under the next name.
                throw new FacilitatorException("The facilitator's key was used elsewhere and its transaction was displaced; nothing was settled. Ask again.") { IsTransient = true };

            case LaneResult.Pending pending:
                return new(false, pending.TransactionHash.ToString(), payment.Network, payment.Payer, payment.Rules.ToWire(PaymentReason.SettlementPending));

            case LaneResult.Refused refused:
                await _book.ForgetAsync(payment.Key, payment.Owner, cancellationToken);
                if (refused.Code == "would_revert")
                {
                    return Failure(payment, await payment.Scheme.ExplainAsync(payment.Served, payment.Proof, payment.Amount, refused.RevertData, cancellationToken), UntrustedText.Clean(refused.Message));
                }
                if (refused.Code == "gas_over_cap")
                {
                    // The payer's contract or the token asks for more than a transfer may cost: that is this payment's fault, not ours.
                    return Failure(payment, PaymentReason.SimulationFailed, UntrustedText.Clean(refused.Message));
                }
                throw new FacilitatorException($"Nothing was sent: {refused.Message} {refused.Hint}") { IsTransient = refused.IsTransient };

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<SettleResponse> FinishAsync(FacilitatorPayment payment, Hash32 content, string transaction, PaymentReason? reason, CancellationToken cancellationToken)
    {
        var finished = new SettlementEntry.Finished(reason is null, transaction, reason is { } failed ? payment.Rules.ToWire(failed) : null);
        await _book.CloseAsync(payment.Key, content, payment.Owner, finished.Success, finished.Transaction, finished.Reason, cancellationToken);
        return Answer(payment, finished);
    }

    private static SettleResponse Answer(FacilitatorPayment payment, SettlementEntry.Finished finished) =>
        new(finished.Success, finished.Success ? finished.Transaction : "", payment.Network, payment.Payer, finished.Reason)
        {
            Amount = finished.Success && payment.Rules.AmountIsMaximum ? payment.Amount.ToString() : null,
        };

    private static SettleResponse Failure(FacilitatorPayment payment, PaymentReason reason, string? message = null) =>
        new(false, "", payment.Network, payment.Payer, payment.Rules.ToWire(reason), message);

    private static FacilitatorException Unreachable(ChainException exception) =>
        new($"The chain could not be asked: {exception.Message}", exception) { IsTransient = exception.IsTransient };
}
