using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Storage;
using Purser.Wallet.Transactions;

namespace Purser.Services.Payments.Facilitator;

/// <summary>A chain that a facilitator settles on.</summary>
/// <param name="Chain">To read from.</param>
/// <param name="Lane">To send by; its account pays the gas.</param>
public sealed record FacilitatorChain(IChain Chain, INonceLane Lane)
{
    /// <summary>The tokens that are settled; null settles any, at the risk that a stranger's own token spends the lane's gas and moves nothing of worth.</summary>
    public IReadOnlySet<Address>? Tokens { get; init; }
}

/// <summary>
/// Verifies and settles scheme <c>exact</c> with EIP-3009 in this process. It sends nothing but the transfer that it verified, from its own lane, once.
/// Success means that a transaction of its own moved the money. An authorization that a stranger submitted before it is answered with <c>nonce_already_used</c>,
/// although the payee was paid: which of several sellers' requests that money pays for is known by the seller's claim, never here.
/// </summary>
public sealed class ExactEvmFacilitator : IFacilitator
{
    /// <summary>The most gas that a settlement may buy. A transfer with a contract account's signature check stays well below.</summary>
    public const ulong GasCap = 400_000;

    private readonly IReadOnlyDictionary<ChainId, FacilitatorChain> _chains;
    private readonly SettlementBook _book;
    private readonly ExactEvmVerifier _verifier;
    private readonly TimeSpan _wait;

    /// <summary>Makes a facilitator.</summary>
    /// <param name="chains">The chains served, each with its lane.</param>
    /// <param name="book">The durable memory.</param>
    /// <param name="clock">The clock by which validity is judged: the chain's own, or near it.</param>
    /// <param name="receiptWait">How long a repeated settlement waits for a known transaction's receipt.</param>
    public ExactEvmFacilitator(IReadOnlyDictionary<ChainId, FacilitatorChain> chains, SettlementBook book, TimeProvider clock, TimeSpan receiptWait)
    {
        ArgumentNullException.ThrowIfNull(chains);
        ArgumentNullException.ThrowIfNull(book);
        _chains = chains;
        _book = book;
        _verifier = new(chains, clock);
        _wait = receiptWait;
    }

    /// <inheritdoc/>
    public async Task<VerifyResponse> VerifyAsync(FacilitatorRequest request, CancellationToken cancellationToken = default)
    {
        try
        {
            var verdict = await _verifier.VerifyAsync(request, simulate: true, cancellationToken);
            var payer = verdict.Payment?.Payload.Authorization.From.ToString();
            return verdict.Reason is { } reason ? new(false, payer, reason.ToWire(), verdict.Message) : new(true, payer);
        }
        catch (ChainException exception)
        {
            throw Unreachable(exception);
        }
    }

    /// <inheritdoc/>
    public async Task<SettleResponse> SettleAsync(FacilitatorRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var read = _verifier.Read(request);
        if (read.Payment is not { } payment || read.Reason is not null)
        {
            return new(false, "", request.Requirements.Network, null, (read.Reason ?? PaymentReason.InvalidPayload).ToWire(), read.Message);
        }
        try
        {
            return await SettleAsync(request, payment, cancellationToken);
        }
        catch (ChainException exception)
        {
            throw Unreachable(exception);
        }
        catch (StorageException exception)
        {
            // The book or the lane's table failed: before or after the sending is not told apart here.
            throw new FacilitatorException($"The facilitator's store failed ({exception.Code}).", exception) { IsTransient = exception.IsTransient, IsIndeterminate = true };
        }
    }

    /// <inheritdoc/>
    public Task<SupportedResponse> GetSupportedAsync(CancellationToken cancellationToken = default) => Task.FromResult(new SupportedResponse(
        [.. _chains.Keys.Select(chain => new SupportedKind(PaymentRequired.Version, ExactEvm.Scheme, chain.ToString()))],
        [],
        new Dictionary<string, IReadOnlyList<string>> { ["eip155:*"] = [.. _chains.Values.Select(c => c.Lane.Address.ToString()).Distinct()] }));

    private async Task<SettleResponse> SettleAsync(FacilitatorRequest request, ExactEvmPayment payment, CancellationToken cancellationToken)
    {
        var key = payment.Key;
        var content = Content(payment);
        var lane = _chains[payment.Terms.Asset.Chain].Lane;
        var known = await _book.FindAsync(key, content, cancellationToken);
        var (laneKey, sent) = known is SettlementEntry.Finished or SettlementEntry.Other
            ? ("", null)
            : await FollowAsync(lane, content, known is null ? TimeSpan.Zero : _wait, cancellationToken);
        if ((known is not null || sent is not null) && ExactEvm.CheckParties(payment.Terms, payment.Payload.Authorization) is { } foreign)
        {
            // What settled one seller's terms is no answer to other terms, although the signed bytes are the same.
            return Failure(payment, foreign);
        }
        if (known is null or SettlementEntry.Open && sent is null)
        {
            // Only what was never sent is verified anew: what was sent is followed, whether or not it would verify now.
            var verdict = await _verifier.VerifyAsync(request, simulate: false, cancellationToken);
            if (verdict.Reason is { } reason)
            {
                return Failure(payment, reason, verdict.Message);
            }
            known = await _book.OpenAsync(key, content, cancellationToken);
        }
        switch (known)
        {
            case SettlementEntry.Finished finished:
                return Answer(payment, finished);
            case SettlementEntry.Other:
                return Failure(payment, PaymentReason.NonceUsed, "This authorization was presented before with another signature.");
            default:
                break;
        }
        // A repeat waits for what is on its way; only when nothing was made for this key is a transaction made.
        var result = sent
            ?? await lane.SendAsync(new() { Key = laneKey, To = payment.Terms.Asset.Token, Data = Eip3009Calls.Transfer(payment.Payload), GasCap = GasCap }, cancellationToken);
        if (result is LaneResult.Refused && await lane.FollowAsync(laneKey, _wait, cancellationToken) is { } twins)
        {
            // The race: a twin's transaction came between the lane's look and its estimate, and what would revert now is the second of the two.
            result = twins;
        }
        return await CloseAsync(payment, content, result, cancellationToken);
    }

    // The content's name, not the payment's: what is followed under it is this very message with this very signature. When the lane's
    // nonce for it went to a transaction of somebody else (the key is used elsewhere), nothing was settled, and the wish goes on under
    // the next name: all who ask count the replaced ones alike, so they come to the same.
    private static async Task<(string LaneKey, LaneResult? Sent)> FollowAsync(INonceLane lane, Hash32 content, TimeSpan wait, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var laneKey = attempt == 0 ? $"x402/{content}" : $"x402/{content}/{attempt}";
            if (await lane.FollowAsync(laneKey, wait, cancellationToken) is not LaneResult.Replaced and var sent)
            {
                return (laneKey, sent);
            }
        }
    }

    private async Task<SettleResponse> CloseAsync(ExactEvmPayment payment, Hash32 content, LaneResult result, CancellationToken cancellationToken)
    {
        switch (result)
        {
            case LaneResult.Mined mined:
                PaymentReason? reason = Eip3009Calls.HasTransfer(mined.Receipt, payment) ? null : PaymentReason.TransferMismatch;
                return await FinishAsync(payment, content, mined.Receipt.TransactionHash, reason, cancellationToken);

            case LaneResult.Reverted reverted:
                // Somebody else submitted the authorization between our estimate and our block: who holds the claim must look at the chain.
                var authorization = payment.Payload.Authorization;
                var used = await Eip3009Calls.AuthorizationStateAsync(_chains[payment.Terms.Asset.Chain].Chain, payment.Terms.Asset.Token, authorization.From, authorization.Nonce, cancellationToken);
                return await FinishAsync(payment, content, reverted.Receipt.TransactionHash, used is true ? PaymentReason.NonceUsed : PaymentReason.TransactionFailed, cancellationToken);

            case LaneResult.Cancelled cancelled:
                // The operator took it back: this facilitator does not settle it. The authorization itself lives on until it expires.
                return await FinishAsync(payment, content, cancelled.Receipt.TransactionHash, PaymentReason.TransactionFailed, cancellationToken);

            case LaneResult.Replaced:
                // Found while it was sent. Nothing was settled; the row stays open and the repeat sends it under the next name.
                throw new FacilitatorException("The facilitator's key was used elsewhere and its transaction was displaced; nothing was settled. Ask again.") { IsTransient = true };

            case LaneResult.Pending pending:
                return new(false, pending.TransactionHash.ToString(), payment.Terms.Asset.Chain.ToString(), Payer(payment), PaymentReason.SettlementPending.ToWire());

            case LaneResult.Refused refused:
                await _book.ForgetAsync(payment.Key, cancellationToken);
                if (refused.Code == "would_revert")
                {
                    return Failure(payment, ExactEvm.FromRevertText(Eip3009Calls.RevertText(refused.RevertData)), UntrustedText.Clean(refused.Message));
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

    private async Task<SettleResponse> FinishAsync(ExactEvmPayment payment, Hash32 content, Hash32 transaction, PaymentReason? reason, CancellationToken cancellationToken)
    {
        var finished = new SettlementEntry.Finished(reason is null, transaction.ToString(), reason?.ToWire());
        await _book.CloseAsync(payment.Key, content, finished.Success, finished.Transaction, finished.Reason, cancellationToken);
        return Answer(payment, finished);
    }

    private static SettleResponse Answer(ExactEvmPayment payment, SettlementEntry.Finished finished) =>
        new(finished.Success, finished.Success ? finished.Transaction : "", payment.Terms.Asset.Chain.ToString(), Payer(payment), finished.Reason);

    private static SettleResponse Failure(ExactEvmPayment payment, PaymentReason reason, string? message = null) =>
        new(false, "", payment.Terms.Asset.Chain.ToString(), Payer(payment), reason.ToWire(), message);

    private static string Payer(ExactEvmPayment payment) => payment.Payload.Authorization.From.ToString();

    // What is the same payment: the same message under the same domain with the same signature.
    private static Hash32 Content(ExactEvmPayment payment)
    {
        var bytes = new byte[32 + payment.Payload.Signature.Length];
        payment.Digest.CopyTo(bytes);
        payment.Payload.Signature.Span.CopyTo(bytes.AsSpan(32));
        return Keccak256.Hash(bytes);
    }

    private static FacilitatorException Unreachable(ChainException exception) =>
        new($"The chain could not be asked: {exception.Message}", exception) { IsTransient = exception.IsTransient };
}
