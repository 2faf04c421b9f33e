using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Intents;
using Purser.Wallet.Policy;
using Purser.Wallet.Tokens;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Journal;

/// <summary>
/// Resolves an open payment from the chain (DESIGN, wallet rule 2). Dead is only what the chain itself proves: an authorization, at a block whose
/// time is past its validity by the margin, that was not used, and from there on is refused; a transaction that reverted, or whose nonce another one has.
/// </summary>
internal sealed class PaymentReconciler(LocalWalletOptions options, PaymentBook book, WalletLanes lanes, PolicyKeeper policies)
{
    public async Task<PaymentRow> ResolveAsync(PaymentRow row, CancellationToken cancellationToken)
    {
        if (!PaymentStates.IsOpen(row.ReadState()))
        {
            return row;
        }

        switch (row.ReadIntent())
        {
            case X402AuthorizationIntent payment when options.Chains.TryGetValue(payment.Asset.Chain, out var chain):
                return await ResolveAsync(row, payment, new AuthorizationTrail(chain, payment, row), chain, cancellationToken);
            case PermitIntent payment when options.Chains.TryGetValue(payment.Asset.Chain, out var chain):
                return await ResolveAsync(row, payment, new PermitTrail(chain, payment, row, book), chain, cancellationToken);
            case TransactionIntent transaction when options.Chains.TryGetValue(transaction.Chain, out var chain):
                return await FollowAsync(row, transaction, chain, cancellationToken);
            default:
                return row;
        }
    }

    private async Task<PaymentRow> ResolveAsync(PaymentRow row, PaymentIntent payment, IAuthorizationTrail trail, IChain chain, CancellationToken cancellationToken)
    {
        var head = await chain.GetBlockAsync(BlockTag.Latest, cancellationToken) ?? throw new ChainException("the node has no newest block") { IsTransient = true };
        switch (await trail.IsUsedAsync(BlockTag.At(head.Number), cancellationToken))
        {
            case true:
                var found = await trail.FindAsync(head.Number, cancellationToken);
                return found is { Cancelled: true }
                    ? await book.ExpireAsync(row.IntentId, $"cancelled on chain in {found.TransactionHash}", cancellationToken) ?? row
                    : await book.SettleAsync(row.IntentId, found?.TransactionHash, cancellationToken, found?.Amount) ?? row;
            case false when head.Timestamp >= (ulong)row.ReadValidBefore() + (ulong)options.ExpiryMargin.TotalSeconds:
                return await book.ExpireAsync(row.IntentId, $"unused at block {head.Number}, whose time is past {(payment is PermitIntent ? "the deadline" : "validBefore")}", cancellationToken) ?? row;
            default:
                // Unused but still good, or a node that cannot say: it stays as it is.
                return row;
        }
    }

    private async Task<PaymentRow> FollowAsync(PaymentRow row, TransactionIntent intent, IChain chain, CancellationToken cancellationToken)
    {
        // What the policy allows now bounds a raise of the fee; without a policy none is made.
        var maxFee = await policies.LoadAsync(cancellationToken) is PolicyReading.InForce { Policy: var policy } ? policy.MaxFeePerGasOn(intent.Chain) : null;
        var lane = await lanes.FindAsync(intent.Chain, intent.Account, maxFee ?? UInt256.One, cancellationToken);
        if (await lane!.FollowAsync(row.IntentId, TimeSpan.Zero, cancellationToken) is { } result)
        {
            return await book.FollowAsync(row.IntentId, result, cancellationToken) ?? row;
        }

        // No lane sent it: a custodian did, or was asked to and never answered.
        if (row.ReadTransactionHash() is not { } hash)
        {
            return row.ReadState() is PaymentState.Unknown ? row : await book.DoubtAsync(row.IntentId, "the custodian was asked and its answer was lost: it may have sent the transaction, under a hash that is not known here", cancellationToken) ?? row;
        }

        if (await chain.GetTransactionReceiptAsync(hash, cancellationToken) is not { } receipt)
        {
            return row;
        }

        // The hash is the custodian's word. One that went through counts as spent whatever it was; one that reverted gives the money back only if it can be what was asked for.
        if (!receipt.Succeeded && (receipt.From != intent.Account || receipt.To != (IntentPayload.Of(intent) as IntentPayload.Call)?.To || await book.IsKnownTransactionAsync(row.IntentId, hash, cancellationToken)))
        {
            return await book.DoubtAsync(row.IntentId, $"the custodian named {hash}, which reverted and is not the transaction that it was asked for", cancellationToken, isNamed: true) ?? row;
        }

        return await book.FollowAsync(row.IntentId, receipt.Succeeded ? new LaneResult.Mined(receipt) : new LaneResult.Reverted(receipt), cancellationToken) ?? row;
    }

    /// <summary>What a kind of signed payment leaves on the chain.</summary>
    private interface IAuthorizationTrail
    {
        /// <summary>Whether its nonce is used; null when the contract does not say.</summary>
        Task<bool?> IsUsedAsync(BlockTag block, CancellationToken cancellationToken);

        /// <summary>What used it, looked for from the newest block back; null when it is not found.</summary>
        Task<AuthorizationEvent?> FindAsync(ulong newest, CancellationToken cancellationToken);
    }

    private sealed class AuthorizationTrail(IChain chain, X402AuthorizationIntent payment, PaymentRow row) : IAuthorizationTrail
    {
        private readonly TokenContract _token = new(chain, payment.Asset.Token);

        public Task<bool?> IsUsedAsync(BlockTag block, CancellationToken cancellationToken) => _token.IsAuthorizationUsedAsync(payment.Account, row.ReadNonce(), block, cancellationToken);

        public Task<AuthorizationEvent?> FindAsync(ulong newest, CancellationToken cancellationToken) => EventSearch.FindAsync(
            chain, newest, row.ReservedAt, (from, to) => _token.FindAuthorizationEventAsync(payment.Account, row.ReadNonce(), from, to, cancellationToken), cancellationToken);
    }

    private sealed class PermitTrail(IChain chain, PermitIntent payment, PaymentRow row, PaymentBook book) : IAuthorizationTrail
    {
        private readonly TokenContract _token = new(chain, payment.Asset.Token);
        private readonly Permit2Contract _permit2 = new(chain);

        public Task<bool?> IsUsedAsync(BlockTag block, CancellationToken cancellationToken) => _permit2.IsNonceUsedAsync(payment.Account, row.ReadNonce().ToUInt256(), block, cancellationToken);

        // A used nonce leaves no event of its own, so the transfer itself is looked for: of the same amount to the same payee, and not that of another payment of ours. Only a nonce that
        // was invalidated, and that no such transfer can have used, was cancelled; in doubt the money counts as gone.
        public async Task<AuthorizationEvent?> FindAsync(ulong newest, CancellationToken cancellationToken) =>
            await EventSearch.FindAsync(chain, newest, row.ReservedAt, FindTransferAsync, cancellationToken)
            ?? await EventSearch.FindAsync(chain, newest, row.ReservedAt, (from, to) => _permit2.FindInvalidationAsync(payment.Account, row.ReadNonce().ToUInt256(), from, to, cancellationToken), cancellationToken);

        private async Task<AuthorizationEvent?> FindTransferAsync(ulong from, ulong to)
        {
            if (payment is X402UptoIntent)
            {
                return await FindTakenAsync(from, to);
            }

            foreach (var hash in await _token.FindTransfersAsync(payment.Account, payment.PayTo, payment.Amount, from, to))
            {
                if (!await book.IsKnownTransactionAsync(row.IntentId, hash, CancellationToken.None))
                {
                    return new(hash, Cancelled: false);
                }
            }

            return null;
        }

        // What was taken shows in the amount. Where several transfers could be it, all that was reserved counts as gone.
        private async Task<AuthorizationEvent?> FindTakenAsync(ulong from, ulong to)
        {
            var found = new List<(Hash32 Transaction, UInt256 Amount)>();
            foreach (var transfer in await _token.FindTransfersUpToAsync(payment.Account, payment.PayTo, payment.Amount, from, to))
            {
                if (!await book.IsKnownTransactionAsync(row.IntentId, transfer.Transaction, CancellationToken.None))
                {
                    found.Add(transfer);
                }
            }

            return found switch
            {
                [] => null,
                [var only] => new(only.Transaction, Cancelled: false) { Amount = only.Amount },
                _ => new(found[0].Transaction, Cancelled: false),
            };
        }
    }
}
