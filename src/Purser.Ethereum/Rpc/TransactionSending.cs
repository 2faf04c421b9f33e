namespace Purser.Ethereum.Rpc;

/// <summary>
/// Prepares transactions and waits for them, for programs that send one at a time. It keeps nothing: two that prepare at once for one account get the same
/// nonce, and nothing is journaled. An agent's money is sent by the wallet, which does both.
/// </summary>
public static class TransactionSending
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Fills in a transaction of type 2: the chain's id, the account's next nonce (with what is in the pool), the gas of an estimate unless a limit is given,
    /// the node's tip, and as the cap twice the newest base fee and the tip, which lasts for at least five full blocks.
    /// All of it is the node's word, the tip too: with a node that is not yours, look at <see cref="Transaction.FeeCap"/> before you sign.
    /// </summary>
    /// <param name="chain">The chain.</param>
    /// <param name="request">What to do; <see cref="CallRequest.From"/> is who will sign.</param>
    /// <param name="errors">By which a revert is explained.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ArgumentException">There is no <see cref="CallRequest.From"/>.</exception>
    /// <exception cref="ContractException">It would revert.</exception>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public static async Task<Transaction1559> PrepareAsync(this IChain chain, CallRequest request, AbiErrors? errors = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(request);
        if (request.From is not { } from)
        {
            throw new ArgumentException("From says who will sign, and is missing.", nameof(request));
        }
        var id = chain.GetChainIdAsync(cancellationToken);
        var nonce = chain.GetTransactionCountAsync(from, BlockTag.Pending, cancellationToken);
        var head = chain.GetBlockAsync(BlockTag.Latest, cancellationToken);
        var tip = chain.GetMaxPriorityFeePerGasAsync(cancellationToken);
        var gas = request.Gas is { } given ? Task.FromResult<GasEstimate>(new GasEstimate.Succeeds(given)) : chain.EstimateGasAsync(request, cancellationToken: cancellationToken);
        await Task.WhenAll(id, nonce, head, tip, gas);
        if (await gas is GasEstimate.Reverts reverts)
        {
            var reason = (errors ?? AbiErrors.Empty).Explain(reverts.Data);
            // Without data the node's own words say more.
            throw new ContractException($"The transaction would fail: {(reason is RevertReason.NoData ? ForeignText.Clean(reverts.Message, 300) : reason)}") { Reason = reason };
        }
        var baseFee = (await head ?? throw new ChainException("The node has no newest block.")).BaseFeePerGas;
        // A fee beyond 128 bits is no fee: the sum below would not fit, and no account could pay it.
        if (baseFee.BitLength > 128 || (await tip).BitLength > 128)
        {
            throw new ChainException("The node's base fee or tip is beyond 128 bits.");
        }
        return new()
        {
            ChainId = await id,
            Nonce = await nonce,
            GasLimit = ((GasEstimate.Succeeds)await gas).Gas,
            MaxPriorityFeePerGas = await tip,
            MaxFeePerGas = (baseFee * 2UL) + await tip,
            To = request.To,
            Value = request.Value,
            Data = request.Data,
        };
    }

    /// <summary>Hands a signed transaction to the node, as <see cref="IChain.SendRawTransactionAsync"/> does.</summary>
    /// <returns>The transaction's hash.</returns>
    public static Task<Hash32> SendAsync(this IChain chain, SignedTransaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(transaction);
        return chain.SendRawTransactionAsync(transaction.Raw, cancellationToken);
    }

    /// <summary>Waits until a transaction is in a block. A node that is away for a moment is asked again until the time is up.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="transactionHash">The transaction.</param>
    /// <param name="time">Drives the waits.</param>
    /// <param name="timeout">How long to wait in all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The receipt, of success or failure. Its block may still be reorganised away.</returns>
    /// <exception cref="ChainException">There was no receipt in time (transient: it may come yet), or the chain answered wrongly.</exception>
    public static async Task<TransactionReceipt> WaitForReceiptAsync(this IChain chain, Hash32 transactionHash, TimeProvider time, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(time);
        var start = time.GetTimestamp();
        var wait = s_firstWait;
        while (true)
        {
            ChainException? fault = null;
            try
            {
                if (await chain.GetTransactionReceiptAsync(transactionHash, cancellationToken) is { } receipt)
                {
                    return receipt;
                }
            }
            catch (ChainException e) when (e.IsTransient)
            {
                fault = e;
            }
            if (time.GetElapsedTime(start) + wait > timeout)
            {
                throw new ChainException($"There was no receipt of {transactionHash} within {timeout.TotalSeconds} s.", fault!) { IsTransient = true };
            }
            await Task.Delay(wait, time, cancellationToken);
            wait = wait < s_longestWait / 2 ? wait * 2 : s_longestWait;
        }
    }
}
