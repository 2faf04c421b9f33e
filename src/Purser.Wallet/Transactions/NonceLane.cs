using System.Buffers;
using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Json;
using Purser.Storage;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Transactions;

/// <summary>The lane of one key on one chain, on a store that any number of processes share. Faults of the node before anything is stored are <see cref="ChainException"/>s; after it they are <see cref="LaneResult.Pending"/>.</summary>
public sealed class NonceLane : INonceLane, IDisposable
{
    /// <summary>The most calldata or creation code that is sent, in bytes.</summary>
    public const int MaxDataBytes = 128 * 1024;

    private readonly IChain _node;
    private readonly ISigner _signer;
    private readonly TimeProvider _time;
    private readonly NonceLaneOptions _options;
    private readonly LaneTable _table;
    private readonly LaneTurn _turn;
    private readonly LaneFees _fees;

    private NonceLane(Store store, IChain node, ChainId chain, ISigner signer, TimeProvider time, NonceLaneOptions options)
    {
        Chain = chain;
        _node = node;
        _signer = signer;
        _time = time;
        _options = options;
        _table = new LaneTable(store, chain, signer.Address, time);
        _turn = new LaneTurn(store, $"lane {chain} {signer.Address}", options, time);
        _fees = new LaneFees(node, signer.Address, options);
    }

    /// <inheritdoc/>
    public ChainId Chain { get; }

    /// <inheritdoc/>
    public Address Address => _signer.Address;

    /// <summary>Brings the tables up to date, checks that the node is of the chain, and broadcasts again what an earlier process left open (<see cref="RecoverAsync"/>).</summary>
    /// <param name="store">The store, shared by all who send with this key.</param>
    /// <param name="node">The chain's node.</param>
    /// <param name="chain">The chain that it must be.</param>
    /// <param name="signer">The key. The lane does not dispose it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">Bounds; the defaults when null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ChainException">The node cannot be asked, or is of another chain (then not transient).</exception>
    public static async Task<NonceLane> OpenAsync(Store store, IChain node, ChainId chain, ISigner signer, TimeProvider time, NonceLaneOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(time);
        var actual = await node.GetChainIdAsync(cancellationToken);
        if (actual != chain)
        {
            throw new ChainException($"the node is of {actual}, not of {chain}");
        }

        await store.MigrateAsync(LaneTable.Migrations, cancellationToken);
        var lane = new NonceLane(store, node, chain, signer, time, options ?? new NonceLaneOptions());
        await lane.RecoverAsync(cancellationToken);
        return lane;
    }

    /// <inheritdoc/>
    public async Task<LaneResult> SendAsync(LaneRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.Data.Length, MaxDataBytes, nameof(request));
        CheckKey(request.Key);
        var content = HashContent(request);
        var row = await _table.FindAsync(request.Key, cancellationToken);
        if (row is null)
        {
            var (stored, refused) = await MakeAsync(request, content, cancellationToken);
            if (refused is not null)
            {
                return refused;
            }

            row = stored!;
        }

        if (!row.ContentHash.AsSpan().SequenceEqual(content))
        {
            throw new ArgumentException($"the key '{UntrustedText.Clean(request.Key, 60)}' was used for another transaction", nameof(request));
        }

        return await FollowAsync(row, _options.ReceiptWait, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<LaneResult?> FollowAsync(string key, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        CheckKey(key);
        return await _table.FindAsync(key, cancellationToken) is { } row ? await FollowAsync(row, wait, cancellationToken) : null;
    }

    /// <inheritdoc/>
    public async Task<int> RecoverAsync(CancellationToken cancellationToken = default)
    {
        var open = 0;
        foreach (var row in await _table.ListOpenAsync(cancellationToken))
        {
            open += await FollowAsync(row, TimeSpan.Zero, cancellationToken) is LaneResult.Pending ? 1 : 0;
        }

        return open;
    }

    /// <summary>Lets go of the lane; the signer stays.</summary>
    public void Dispose() => _turn.Dispose();

    /// <summary>Why a request would be refused by the chain's state and the lane's bounds as they are now; null when it would not. Takes no turn and no nonce.</summary>
    /// <exception cref="ChainException">The node could not be asked.</exception>
    internal async Task<LaneResult.Refused?> SimulateAsync(LaneRequest request, CancellationToken cancellationToken) => (await _fees.QuoteAsync(request, cancellationToken)).Refused;

    private static LaneResult.Refused Busy() => new("lane_busy", "another process held the lane for too long", "try again", [], IsTransient: true);

    private static void CheckKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, 200, nameof(key));
    }

    private static byte[] HashContent(LaneRequest request)
    {
        var content = new ArrayBufferWriter<byte>(request.Data.Length + 64);
        content.Write(request.To is null ? [0] : [1, .. request.To.Value.ToArray()]);
        content.Write(request.Value.ToBigEndian());
        content.Write(request.Data.Span);
        return SHA256.HashData(content.WrittenSpan);
    }

    // Estimates first and outside the turn: they take the node's time, and a request that would revert takes no nonce.
    private async Task<(LaneRow? Row, LaneResult.Refused? Refused)> MakeAsync(LaneRequest request, byte[] content, CancellationToken cancellationToken)
    {
        var (terms, refused) = await _fees.QuoteAsync(request, cancellationToken);
        if (refused is not null)
        {
            return (null, refused);
        }

        var lease = await _turn.TakeAsync(cancellationToken);
        if (lease is null)
        {
            return (null, Busy());
        }

        var faulted = true;
        try
        {
            var (nonce, unfit) = await NextNonceAsync(cancellationToken);
            if (unfit is not null)
            {
                faulted = false;
                return (null, unfit);
            }

            var unsigned = new Transaction1559
            {
                ChainId = Chain,
                Nonce = nonce,
                GasLimit = terms!.Gas,
                MaxFeePerGas = terms.MaxFeePerGas,
                MaxPriorityFeePerGas = terms.MaxPriorityFeePerGas,
                To = request.To,
                Value = request.Value,
                Data = request.Data,
            };
            var signed = unsigned.WithSignature(await _signer.SignAsync(new SigningPayload.TransactionMessage(unsigned), cancellationToken));
            var row = await _table.StoreAsync(
                lease,
                new() { RequestKey = request.Key, ContentHash = content, Nonce = (long)nonce, Raw = signed.Raw.ToArray(), TxHash = signed.Hash.ToArray() },
                request.Guard,
                cancellationToken);
            if (row is null)
            {
                faulted = false;
                return (null, new("request_withdrawn", "what the transaction was for does not stand any more", "ask anew", [], IsTransient: false));
            }

            // Still within the turn, so that this process broadcasts in the order of nonces.
            await BroadcastAsync(row, cancellationToken);
            faulted = false;
            return (row, null);
        }
        catch (SignerException e)
        {
            // Nothing is stored under this nonce, and nothing that the signer gave is kept: the next request takes it.
            faulted = false;
            return (null, new(e.Refusal.Code, e.Refusal.Message, e.Refusal.Hint, [], e.IsTransient));
        }
        catch (LeaseLostException)
        {
            // Another process holds the lane now; what was signed here was not stored and is forgotten.
            return (null, Busy());
        }
        finally
        {
            await _turn.GiveAsync(faulted);
        }
    }

    private async Task<(ulong Nonce, LaneResult.Refused? Refused)> NextNonceAsync(CancellationToken cancellationToken)
    {
        var (next, open) = await _table.PositionAsync(cancellationToken);
        if (open >= _options.MaxOpen)
        {
            return (0, new("lane_full", $"{open} transactions are waiting for a receipt", "try again later", [], IsTransient: true));
        }

        // A higher count than ours: the key was used elsewhere, and those nonces are gone. A lower one with nothing open: the node is
        // behind, or the chain was begun anew; a nonce that is given out twice could pay twice, so nothing is sent.
        var onChain = await _node.GetTransactionCountAsync(Address, BlockTag.Latest, cancellationToken);
        if (onChain < (ulong)next && open == 0)
        {
            return (0, new("chain_behind_lane", $"the chain counts {onChain} transactions of {Address}, the lane has sent {next}", "wait for the node to catch up; with a chain that was begun anew use a new store", [], IsTransient: true));
        }

        return (Math.Max((ulong)next, onChain), null);
    }

    private async Task<LaneResult> FollowAsync(LaneRow row, TimeSpan wait, CancellationToken cancellationToken)
    {
        var hash = new Hash32(row.TxHash);
        var start = _time.GetTimestamp();
        var broadcastAt = TimeSpan.Zero;
        for (var first = true; ; first = false)
        {
            var receipt = await TryReceiptAsync(hash, cancellationToken);
            if (receipt is not null)
            {
                if (row.State == "open")
                {
                    await _table.CloseAsync(row.RequestKey, receipt.Succeeded, cancellationToken);
                }

                return receipt.Succeeded ? new LaneResult.Mined(receipt) : new LaneResult.Reverted(receipt);
            }

            var elapsed = _time.GetElapsedTime(start);
            if (first || elapsed - broadcastAt >= _options.Rebroadcast)
            {
                broadcastAt = elapsed;
                if (first)
                {
                    // A node that mines at once has the receipt after this.
                    await BroadcastAsync(row, cancellationToken);
                    continue;
                }

                // Whose caller has gone, and whose broadcast was lost, would hold up all that come after it.
                foreach (var earlier in (await _table.ListOpenAsync(cancellationToken)).Where(open => open.Nonce <= row.Nonce))
                {
                    await BroadcastAsync(earlier, cancellationToken);
                }
            }

            if (elapsed >= wait)
            {
                return new LaneResult.Pending(hash);
            }

            await Task.Delay(_options.Poll, _time, cancellationToken);
        }
    }

    private async Task<TransactionReceipt?> TryReceiptAsync(Hash32 hash, CancellationToken cancellationToken)
    {
        try
        {
            return await _node.GetTransactionReceiptAsync(hash, cancellationToken);
        }
        catch (ChainException)
        {
            // Unknown is not absent: the caller waits on, or gets "pending".
            return null;
        }
    }

    private async Task BroadcastAsync(LaneRow row, CancellationToken cancellationToken)
    {
        try
        {
            await _node.SendRawTransactionAsync(row.Raw, cancellationToken);
        }
        catch (ChainException)
        {
            // Lost on the way, refused by the pool, or mined already ("nonce too low"): the receipt tells. The bytes are stored and
            // are sent again.
        }
    }
}
