using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Intents;
using Purser.Wallet.Policy;
using Purser.Wallet.Tokens;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Journal;

/// <summary>
/// Resolves an open payment from the chain (DESIGN, wallet rule 2). Dead is only what the chain itself proves: an authorization, at a block whose
/// time is past its validity by the margin, that was not used, and from there on is refused; one that was cancelled, a transaction that reverted, or one whose nonce another has, as many blocks deep as
/// <see cref="NonceLaneOptions.ReplacedConfirmations"/> says. What was told to be settled and is not so by the chain is open again.
/// </summary>
internal sealed class PaymentReconciler(LocalWalletOptions options, PaymentBook book, WalletLanes lanes, PolicyKeeper policies)
{
    // EIP-7825: the most gas of one transaction.
    private const ulong MaxGas = 1UL << 24;

    public async Task<PaymentRow> ResolveAsync(PaymentRow row, CancellationToken cancellationToken)
    {
        if (!PaymentStates.IsOpen(row.ReadState()) && row.ReadState() is not PaymentState.Settled)
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

    /// <summary>What a lane, or the receipt of a custodian's transaction, says becomes the payment's end. Money is given back only when no reorganisation is to be expected that mines it after all; up to then it stays as it is.</summary>
    /// <exception cref="ChainException">The node cannot be asked.</exception>
    public async Task<PaymentRow> EndAsync(PaymentRow row, LaneResult result, IChain chain, CancellationToken cancellationToken)
    {
        var freeing = result switch
        {
            LaneResult.Reverted reverted => reverted.Receipt,
            LaneResult.Cancelled cancelled => cancelled.Receipt,
            _ => null,
        };
        return freeing is not null && DeepestOf(await chain.GetBlockNumberAsync(cancellationToken)) is var deep && (deep is null || freeing.BlockNumber > deep)
            ? row
            : await book.FollowAsync(row.IntentId, result, cancellationToken) ?? row;
    }

    // The newest block that is as deep as what frees money must be; null while the chain is shorter.
    private ulong? DeepestOf(ulong head) => head + 1 >= (ulong)options.Lanes.ReplacedConfirmations ? head + 1 - (ulong)options.Lanes.ReplacedConfirmations : null;

    private async Task<PaymentRow> ResolveAsync(PaymentRow row, PaymentIntent payment, IAuthorizationTrail trail, IChain chain, CancellationToken cancellationToken)
    {
        var head = await chain.GetBlockAsync(BlockTag.Latest, cancellationToken) ?? throw new ChainException("the node has no newest block") { IsTransient = true };
        var used = await trail.IsUsedAsync(BlockTag.At(head.Number), cancellationToken);
        if (row.ReadState() is PaymentState.Settled)
        {
            // Somebody said so, or a block did that is gone. A node may be a little behind; past the margin it is not.
            if (used is not false || (long)head.Timestamp * 1000 < row.UpdatedAt + (long)options.ExpiryMargin.TotalMilliseconds)
            {
                return row;
            }

            row = await book.ReopenAsync(row.IntentId, $"told to be settled, and unused at block {head.Number}", cancellationToken) ?? row;
        }

        switch (used)
        {
            case true:
                var found = await trail.FindAsync(head.Number, cancellationToken);
                if (found is { Cancelled: true })
                {
                    // The used nonce, as deep as it must be, is the cancelling.
                    return DeepestOf(head.Number) is { } deep && await trail.IsUsedAsync(BlockTag.At(deep), cancellationToken) is true
                        ? await book.ExpireAsync(row.IntentId, $"cancelled on chain in {found.TransactionHash}", cancellationToken) ?? row
                        : row;
                }

                return await book.SettleAsync(row.IntentId, found?.TransactionHash, cancellationToken, found?.Amount) ?? row;
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
            if (row.ReadState() is PaymentState.Settled)
            {
                // Pending may also mean that the node did not answer: what the lane has not opened again is still in its block.
                if (result is LaneResult.Mined || (result is LaneResult.Pending && (await lane.ListOpenAsync(cancellationToken)).All(open => open.Key != row.IntentId)))
                {
                    return row;
                }

                row = await book.ReopenAsync(row.IntentId, "the block that held its transaction is no longer of the chain", cancellationToken) ?? row;
            }

            return await EndAsync(row, result, chain, cancellationToken);
        }

        if (row.ReadState() is PaymentState.Settled)
        {
            return row;
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

        // What it signed is not known here. No chain takes more gas for one transaction, and no lane of ours would offer more for it.
        receipt = receipt with { GasUsed = Math.Min(receipt.GasUsed, MaxGas), EffectiveGasPrice = UInt256.Min(receipt.EffectiveGasPrice, options.Lanes.MaxFeePerGas) };
        return await EndAsync(row, receipt.Succeeded ? new LaneResult.Mined(receipt) : new LaneResult.Reverted(receipt), chain, cancellationToken);
    }

    /// <summary>What a kind of signed payment leaves on the chain.</summary>
    private interface IAuthorizationTrail
    {
        /// <summary>Whether its nonce is used; null when the contract does not say.</summary>
        Task<bool?> IsUsedAsync(BlockTag block, CancellationToken cancellationToken);

        /// <summary>What used it, looked for from the newest block back; null when it is not found.</summary>
        Task<AuthorizationEvent?> FindAsync(ulong newest, CancellationToken cancellationToken);
    }

    // By the chain's clock: the wallet's own may lie ahead of it. No authorization is valid for longer than a day.
    private static long ReservedAt(PaymentRow row) => Math.Min(row.ReservedAt, (row.ReadValidBefore() - 86_400) * 1000);

    private sealed class AuthorizationTrail(IChain chain, X402AuthorizationIntent payment, PaymentRow row) : IAuthorizationTrail
    {
        private readonly TokenContract _token = new(chain, payment.Asset.Token);

        public Task<bool?> IsUsedAsync(BlockTag block, CancellationToken cancellationToken) => _token.IsAuthorizationUsedAsync(payment.Account, row.ReadNonce(), block, cancellationToken);

        public Task<AuthorizationEvent?> FindAsync(ulong newest, CancellationToken cancellationToken) => EventSearch.FindAsync(
            chain, newest, ReservedAt(row), (from, to) => _token.FindAuthorizationEventAsync(payment.Account, row.ReadNonce(), from, to, cancellationToken), cancellationToken);
    }

    private sealed class PermitTrail(IChain chain, PermitIntent payment, PaymentRow row, PaymentBook book) : IAuthorizationTrail
    {
        private readonly TokenContract _token = new(chain, payment.Asset.Token);
        private readonly Permit2Contract _permit2 = new(chain);

        public Task<bool?> IsUsedAsync(BlockTag block, CancellationToken cancellationToken) => _permit2.IsNonceUsedAsync(payment.Account, row.ReadNonce().ToUInt256(), block, cancellationToken);

        // A used nonce leaves no event of its own, so the transfer itself is looked for: of the same amount to the same payee, and not that of another payment of ours. Only a nonce that
        // was invalidated, and that no such transfer can have used, was cancelled; in doubt the money counts as gone.
        public async Task<AuthorizationEvent?> FindAsync(ulong newest, CancellationToken cancellationToken) =>
            await EventSearch.FindAsync(chain, newest, ReservedAt(row), FindTransferAsync, cancellationToken)
            ?? await EventSearch.FindAsync(chain, newest, ReservedAt(row), (from, to) => _permit2.FindInvalidationAsync(payment.Account, row.ReadNonce().ToUInt256(), from, to, cancellationToken), cancellationToken);

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
