using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Transactions;

/// <summary>
/// Finds out from the chain how a transaction ended. Receipts are looked up for every version, because any of them may be the one in a
/// block; and that none can be is believed only on proof. A node that cannot be asked settles nothing.
/// </summary>
internal sealed class LaneOutcome(IChain node, LaneTable table, LaneAnchor anchor, NonceLaneOptions options)
{
    private readonly LaneReplacement _replacement = new(node);

    /// <summary>The end of a transaction, noted in its row; null while it is open. What was noted before is checked against the chain, and opened again when its block is gone.</summary>
    public async Task<LaneResult?> SettleAsync(LaneRow row, CancellationToken cancellation)
    {
        try
        {
            return row.IsOpen ? await SettleOpenAsync(row, cancellation) : await ConfirmAsync(row, cancellation);
        }
        catch (ChainException)
        {
            // Unknown is not absent.
            return null;
        }
    }

    /// <summary>
    /// For an open row whose nonce the newest block has passed: the receipt of a version, or the proof that another transaction took
    /// the nonce; or why neither is to be had yet.
    /// </summary>
    /// <exception cref="ChainException">The node could not be asked.</exception>
    public async Task<(LaneResult? Result, string Reason)> SettlePassedAsync(LaneRow row, BlockHeader head, Address sender, CancellationToken cancellation)
    {
        if (await SettleOpenAsync(row, cancellation) is { } settled)
        {
            return (settled, "");
        }

        if (await FindReceiptAsync(row, cancellation) is not null)
        {
            return (null, LaneReasons.Confirming);
        }

        var asked = (ulong)options.ReplacedConfirmations;
        var proof = head.Number + 1 < asked ? null : await _replacement.FindAsync(row, sender, head.Number + 1 - asked, cancellation);
        return proof is not null && await table.ReplaceAsync(row, proof.By, cancellation)
            ? (new LaneResult.Replaced((ulong)row.Nonce, proof.By), "")
            : (null, LaneReasons.NonceUsed);
    }

    /// <summary>Opens a row again whose block is no longer of the chain; false when it stands, or when that cannot be told.</summary>
    /// <exception cref="ChainException">The node could not be asked.</exception>
    public async Task<bool> TryReopenAsync(LaneRow row, CancellationToken cancellation)
    {
        if (row is not { MinedHash: { } hash, MinedNumber: { } number, MinedBlock: { } was }
            || await node.GetTransactionReceiptAsync(new Hash32(hash), cancellation) is not null)
        {
            return false;
        }

        // A node that is behind, or has forgotten old receipts, is no reorganisation; a shorter chain is taken for one, since all that
        // follows from it is that the same bytes are broadcast again.
        return (await node.GetBlockAsync(BlockTag.At((ulong)number), cancellation))?.Hash != new Hash32(was)
            && await anchor.IsSameChainAsync(row, cancellation)
            && await table.ReopenAsync(row, cancellation);
    }

    /// <summary>Whether a version is seen in a block, however shallow.</summary>
    /// <exception cref="ChainException">The node could not be asked.</exception>
    public async Task<bool> HasReceiptAsync(LaneRow row, CancellationToken cancellation) => await FindReceiptAsync(row, cancellation) is not null;

    private async Task<LaneResult?> SettleOpenAsync(LaneRow row, CancellationToken cancellation)
    {
        if (await FindReceiptAsync(row, cancellation) is not (var receipt, var version))
        {
            return null;
        }

        if (options.Confirmations > 1 && await node.GetBlockNumberAsync(cancellation) + 1 < receipt.BlockNumber + (ulong)options.Confirmations)
        {
            return null;
        }

        receipt = Bounded(receipt, version);
        var (state, result) = (version.IsCancel, receipt.Succeeded) switch
        {
            (true, _) => (LaneStates.Cancelled, (LaneResult)new LaneResult.Cancelled(receipt)),
            (_, true) => (LaneStates.Mined, new LaneResult.Mined(receipt)),
            _ => (LaneStates.Reverted, new LaneResult.Reverted(receipt)),
        };
        await table.CloseAsync(row, state, receipt, cancellation);
        return result;
    }

    // A row that has its end: the result with the receipt as the chain has it now.
    private async Task<LaneResult?> ConfirmAsync(LaneRow row, CancellationToken cancellation)
    {
        if (row.State == LaneStates.Replaced)
        {
            return new LaneResult.Replaced((ulong)row.Nonce, row.ReplacedBy is { } by ? new Hash32(by) : null);
        }

        // Rows of the first schema do not say which block: they had one version.
        var receipt = await node.GetTransactionReceiptAsync(new Hash32(row.MinedHash ?? row.TxHash), cancellation);
        if (receipt is null)
        {
            await TryReopenAsync(row, cancellation);
            return null;
        }

        receipt = Bounded(receipt, row.Versions.FirstOrDefault(version => version.Hash == receipt.TransactionHash) ?? row.Newest);
        return row.State switch
        {
            LaneStates.Cancelled => new LaneResult.Cancelled(receipt),
            _ when receipt.Succeeded => new LaneResult.Mined(receipt),
            _ => new LaneResult.Reverted(receipt),
        };
    }

    // What was signed bounds what it can have cost, whatever the node says: more than its gas limit at its own cap cannot be taken.
    private static TransactionReceipt Bounded(TransactionReceipt receipt, LaneVersion version)
    {
        var signed = version.Decode();
        return receipt with { GasUsed = Math.Min(receipt.GasUsed, signed.GasLimit), EffectiveGasPrice = UInt256.Min(receipt.EffectiveGasPrice, signed.MaxFeePerGas) };
    }

    private async Task<(TransactionReceipt Receipt, LaneVersion Version)?> FindReceiptAsync(LaneRow row, CancellationToken cancellation)
    {
        for (var i = row.Versions.Count - 1; i >= 0; i--)
        {
            if (await node.GetTransactionReceiptAsync(row.Versions[i].Hash, cancellation) is { } receipt)
            {
                return (receipt, row.Versions[i]);
            }
        }

        return null;
    }
}
