using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Storage;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Transactions;

/// <summary>What a step of the writer came to.</summary>
internal enum LaneStep
{
    /// <summary>A version was stored and broadcast.</summary>
    Done,

    /// <summary>Not now: another process has the lane, or was faster.</summary>
    NotNow,

    /// <summary>The next version would have to offer more than the cap.</summary>
    OverCap,

    /// <summary>The signer did not sign.</summary>
    SignerFailed,
}

/// <summary>
/// Everything that signs: a request's first version, dearer ones, and the one that cancels. Each takes the turn, signs, stores under
/// the lease, and only then broadcasts. A holder whose lease has passed on stores nothing, and what it signed is forgotten.
/// </summary>
internal sealed class LaneWriter(ChainId chain, IChain node, ISigner signer, LaneTable table, LaneTurn turn, LaneFees fees, LaneOutcome outcome, LaneAnchor anchor, NonceLaneOptions options, TimeProvider time)
{
    /// <summary>More versions than any fee cap needs; it bounds what a node that takes none of them can make us sign.</summary>
    private const int MaxVersions = 100;

    public static LaneResult.Refused Busy() => new("lane_busy", "another process held the lane for too long", "try again", [], IsTransient: true);

    /// <summary>Signs and stores a request's transaction, and broadcasts it. Estimates first and outside the turn: they take the node's time, and a request that would revert takes no nonce.</summary>
    public async Task<(LaneRow? Row, LaneResult.Refused? Refused)> MakeAsync(LaneRequest request, byte[] content, CancellationToken cancellation)
    {
        var (terms, refused) = await fees.QuoteAsync(request, cancellation);
        if (refused is not null)
        {
            return (null, refused);
        }

        var deep = await anchor.GetAsync(terms!.Head, cancellation);
        return await InTurnAsync<(LaneRow?, LaneResult.Refused?)>(
            options.LeaseWait,
            (null, Busy()),
            refusal => (null, new(refusal.Code, refusal.Message, refusal.Hint, [], IsTransient: true)),
            async lease =>
            {
                var (nonce, unfit) = await NextNonceAsync(cancellation);
                if (unfit is not null)
                {
                    return (null, unfit);
                }

                var signed = await SignAsync(
                    lease,
                    new()
                    {
                        ChainId = chain,
                        Nonce = nonce,
                        GasLimit = terms.Gas,
                        MaxFeePerGas = terms.MaxFeePerGas,
                        MaxPriorityFeePerGas = terms.MaxPriorityFeePerGas,
                        To = request.To,
                        Value = request.Value,
                        Data = request.Data,
                    },
                    cancellation);
                var row = await table.StoreAsync(
                    lease,
                    new()
                    {
                        RequestKey = request.Key,
                        ContentHash = content,
                        Nonce = (long)nonce,
                        Raw = signed.Raw.ToArray(),
                        TxHash = signed.Hash.ToArray(),
                        AnchorNumber = (long?)deep?.Number,
                        AnchorHash = deep?.Hash.ToArray(),
                    },
                    request.Guard,
                    cancellation);
                if (row is null)
                {
                    return (null, new("request_withdrawn", "what the transaction was for does not stand any more", "ask anew", [], IsTransient: false));
                }

                // Still within the turn, so that this process broadcasts in the order of nonces.
                await LaneBroadcast.SendAsync(node, row.Newest, cancellation);
                return (row, null);
            },
            cancellation);
    }

    /// <summary>Makes a dearer version of an open transaction. It does not wait for the lane: whoever has it may be doing the same.</summary>
    public Task<LaneStep> RaiseAsync(LaneRow row, LaneMarket market, CancellationToken cancellation) => InTurnAsync(
        TimeSpan.Zero,
        LaneStep.NotNow,
        _ => LaneStep.SignerFailed,
        async lease =>
        {
            var before = row.Newest.Decode();
            return row.Versions.Count >= MaxVersions || fees.Raise(before, market) is not { } offer
                ? LaneStep.OverCap
                : await AddAsync(lease, row, before with { MaxFeePerGas = offer.Fee, MaxPriorityFeePerGas = offer.Tip }, row.Newest.IsCancel, cancellation);
        },
        cancellation);

    /// <summary>Makes a version that takes the nonce and does nothing else.</summary>
    public async Task<LaneStep> CancelAsync(LaneRow row, CancellationToken cancellation)
    {
        // Estimated, because on some chains a transfer takes more than 21,000, and an account may have code (EIP-7702).
        var estimate = await node.EstimateGasAsync(new CallRequest { From = signer.Address, To = signer.Address }, cancellationToken: cancellation);
        var gas = estimate is GasEstimate.Succeeds enough ? Math.Max(21_000, enough.Gas) : 100_000;
        var market = await fees.ReadMarketAsync(cancellation);
        return await InTurnAsync(
            options.LeaseWait,
            LaneStep.NotNow,
            _ => LaneStep.SignerFailed,
            async lease =>
            {
                var before = row.Newest.Decode();
                return row.Versions.Count >= MaxVersions || fees.Raise(before, market) is not { } offer
                    ? LaneStep.OverCap
                    : await AddAsync(
                        lease,
                        row,
                        new() { ChainId = chain, Nonce = before.Nonce, GasLimit = gas, MaxFeePerGas = offer.Fee, MaxPriorityFeePerGas = offer.Tip, To = signer.Address },
                        cancels: true,
                        cancellation);
            },
            cancellation);
    }

    private async Task<LaneStep> AddAsync(Lease lease, LaneRow row, Transaction1559 unsigned, bool cancels, CancellationToken cancellation)
    {
        var signed = await SignAsync(lease, unsigned, cancellation);
        var version = new LaneVersion
        {
            Nonce = row.Nonce,
            Number = row.Newest.Number + 1,
            Raw = signed.Raw.ToArray(),
            TxHash = signed.Hash.ToArray(),
            Cancels = cancels ? 1 : 0,
            CreatedAt = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        if (!await table.AddVersionAsync(lease, version, cancellation))
        {
            return LaneStep.NotNow;
        }

        await LaneBroadcast.SendAsync(node, version, cancellation);
        return LaneStep.Done;
    }

    // A signer that asks a human, or a cloud, may take longer than a lease lasts: it is renewed meanwhile, else its answer would be thrown away every time.
    private async Task<SignedTransaction> SignAsync(Lease lease, Transaction1559 unsigned, CancellationToken cancellation)
    {
        var signing = signer.SignAsync(new SigningPayload.TransactionMessage(unsigned), cancellation).AsTask();
        while (!signing.IsCompleted)
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAny(signing, Task.Delay(options.LeaseDuration / 3, time, late.Token));
            await late.CancelAsync();
            if (!signing.IsCompleted && !await turn.RenewAsync(cancellation))
            {
                throw new LeaseLostException(lease.Name, lease.Token);
            }
        }

        return unsigned.WithSignature(await signing);
    }

    private async Task<T> InTurnAsync<T>(TimeSpan wait, T busy, Func<WalletRefusal, T> unsigned, Func<Lease, Task<T>> step, CancellationToken cancellation)
    {
        var lease = await turn.TakeAsync(wait, cancellation);
        if (lease is null)
        {
            return busy;
        }

        var faulted = true;
        try
        {
            var result = await step(lease);
            faulted = false;
            return result;
        }
        catch (LeaseLostException)
        {
            // Another process holds the lane now; what was signed here was not stored and is forgotten.
            return busy;
        }
        catch (SignerException e)
        {
            return unsigned(e.Refusal);
        }
        finally
        {
            await turn.GiveAsync(faulted);
        }
    }

    private async Task<(ulong Nonce, LaneResult.Refused? Refused)> NextNonceAsync(CancellationToken cancellation)
    {
        var (next, open) = await table.PositionAsync(cancellation);
        if (open >= options.MaxOpen)
        {
            return (0, new("lane_full", $"{open} transactions are waiting for a receipt", "try again later", [], IsTransient: true));
        }

        // A higher count than ours: the key was used elsewhere, and those nonces are gone. A lower one with nothing open: the end of the
        // chain was reorganised, the node is behind, or the chain was begun anew. In the first case what was lost goes out again; in the
        // others nothing is sent, because a nonce that is given out twice could pay twice.
        var onChain = await node.GetTransactionCountAsync(signer.Address, BlockTag.Latest, cancellation);
        if (onChain < (ulong)next && open == 0 && !await ReopenFromAsync(onChain, cancellation))
        {
            return (0, new("chain_behind_lane", $"the chain counts {onChain} transactions of {signer.Address}, the lane has sent {next}", "wait for the node to catch up; with a chain that was begun anew use a new store", [], IsTransient: true));
        }

        return (Math.Max((ulong)next, onChain), null);
    }

    private async Task<bool> ReopenFromAsync(ulong nonce, CancellationToken cancellation)
    {
        var any = false;
        foreach (var row in await table.ListInBlocksAsync(nonce, cancellation))
        {
            if (await outcome.TryReopenAsync(row, cancellation))
            {
                any = true;
                await LaneBroadcast.SendAsync(node, row, cancellation);
            }
        }

        return any;
    }
}
