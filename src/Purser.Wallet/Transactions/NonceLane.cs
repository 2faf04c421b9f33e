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
    private readonly LaneOutcome _outcome;
    private readonly LaneWriter _writer;
    private readonly LaneTender _tender;

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
        var anchor = new LaneAnchor(node);
        _outcome = new LaneOutcome(node, _table, anchor, options);
        _writer = new LaneWriter(chain, node, signer, _table, _turn, _fees, _outcome, anchor, options, time);
        _tender = new LaneTender(node, signer.Address, _table, _writer, _fees, _outcome, options, time);
    }

    /// <inheritdoc/>
    public ChainId Chain { get; }

    /// <inheritdoc/>
    public Address Address => _signer.Address;

    /// <summary>The most that one gas may cost from now on, in wei, at most what the options say: also for raising what is open. One lane serves all, whatever the policy allows at the moment.</summary>
    internal UInt256 FeeCap
    {
        get => _fees.Cap;
        set => _fees.Cap = value;
    }

    /// <summary>Brings the tables up to date, checks that the node is of the chain, and broadcasts again what an earlier process left open (<see cref="RecoverAsync"/>).</summary>
    /// <param name="store">The store, shared by all who send with this key.</param>
    /// <param name="node">The chain's node.</param>
    /// <param name="chain">The chain that it must be.</param>
    /// <param name="signer">The key. The lane does not dispose it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">Bounds; the defaults when null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ChainException">The node cannot be asked, or is of another chain (then not transient).</exception>
    public static Task<NonceLane> OpenAsync(Store store, IChain node, ChainId chain, ISigner signer, TimeProvider time, NonceLaneOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync(store, node, chain, signer, time, options, UInt256.MaxValue, cancellationToken);

    internal static async Task<NonceLane> OpenAsync(Store store, IChain node, ChainId chain, ISigner signer, TimeProvider time, NonceLaneOptions? options, UInt256 feeCap, CancellationToken cancellationToken)
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

        options ??= new NonceLaneOptions();
        options.Validate();
        await store.MigrateAsync(LaneTable.Migrations, cancellationToken);
        var lane = new NonceLane(store, node, chain, signer, time, options) { FeeCap = feeCap };
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
        var isFresh = row is null;
        if (row is null)
        {
            var (stored, refused) = await _writer.MakeAsync(request, content, cancellationToken);
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

        return await FollowAsync(row, isFresh, _options.ReceiptWait, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<LaneResult?> FollowAsync(string key, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        CheckKey(key);
        return await _table.FindAsync(key, cancellationToken) is { } row ? await FollowAsync(row, isBroadcast: false, wait, cancellationToken) : null;
    }

    /// <inheritdoc/>
    public async Task<LaneResult?> CancelAsync(string key, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        CheckKey(key);
        while (await _table.FindAsync(key, cancellationToken) is { } row)
        {
            if (!row.IsOpen || row.Newest.IsCancel)
            {
                return await FollowAsync(row, isBroadcast: false, wait, cancellationToken);
            }

            switch (await _writer.CancelAsync(row, cancellationToken))
            {
                case LaneStep.NotNow when (await _table.FindAsync(key, cancellationToken))?.Newest.Number == row.Newest.Number:
                    return LaneWriter.Busy();
                case LaneStep.OverCap:
                    return new LaneResult.Refused("fee_over_cap", $"to replace it more than {_fees.Cap} wei per gas would have to be offered", "raise the cap", [], IsTransient: false);
                case LaneStep.SignerFailed:
                    return new LaneResult.Refused("signer_failed", "the signer did not sign the replacement", "look at the signer, then try again", [], IsTransient: true);
                default:
                    // Stored; or somebody raised or settled it meanwhile, and then it is looked at anew.
                    break;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LaneTransaction>> ListOpenAsync(CancellationToken cancellationToken = default) => _tender.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<int> RecoverAsync(CancellationToken cancellationToken = default)
    {
        await SettleAllAsync(cancellationToken);
        await _tender.TendAsync(cancellationToken);
        return await SettleAllAsync(cancellationToken);
    }

    /// <summary>Lets go of the lane; the signer stays.</summary>
    public void Dispose()
    {
        _turn.Dispose();
        _tender.Dispose();
    }

    /// <summary>Why a request would be refused by the chain's state and the lane's bounds as they are now; null when it would not. Takes no turn and no nonce.</summary>
    /// <exception cref="ChainException">The node could not be asked.</exception>
    internal async Task<LaneResult.Refused?> SimulateAsync(LaneRequest request, CancellationToken cancellationToken) => (await _fees.QuoteAsync(request, cancellationToken)).Refused;

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

    private async Task<int> SettleAllAsync(CancellationToken cancellationToken)
    {
        var open = 0;
        foreach (var row in await _table.ListOpenAsync(cancellationToken))
        {
            open += await _outcome.SettleAsync(row, cancellationToken) is null ? 1 : 0;
        }

        return open;
    }

    private async Task<LaneResult> FollowAsync(LaneRow row, bool isBroadcast, TimeSpan wait, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        while (true)
        {
            if (await _outcome.SettleAsync(row, cancellationToken) is { } result)
            {
                return result;
            }

            if (!isBroadcast)
            {
                // A node that mines at once has the receipt after this.
                isBroadcast = true;
                await LaneBroadcast.SendAsync(_node, row, cancellationToken);
                continue;
            }

            await _tender.TendIfDueAsync(cancellationToken);
            var elapsed = _time.GetElapsedTime(start);
            if (elapsed < wait)
            {
                await Task.Delay(_options.Poll, _time, cancellationToken);
            }

            // Others raise it, settle it, or open it again.
            row = await _table.FindAsync(row.RequestKey, cancellationToken) ?? throw new InvalidOperationException("a row of a lane has gone");
            if (elapsed >= wait)
            {
                return await _outcome.SettleAsync(row, cancellationToken) ?? new LaneResult.Pending(row.Newest.Hash) { StuckReason = _tender.StuckReason(row) };
            }
        }
    }
}
