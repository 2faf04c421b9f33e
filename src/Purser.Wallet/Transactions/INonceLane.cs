using Purser.Ethereum;

namespace Purser.Wallet.Transactions;

/// <summary>
/// The way by which one key's transactions reach one chain, one nonce after the other (DESIGN, wallet rule 7). The raw signed
/// transaction is stored before it is broadcast, under a fenced lease: any process can broadcast it again, none can use its nonce
/// for something else. What stays open for too long gets a higher fee, in a version of its own that is stored in the same way.
/// </summary>
public interface INonceLane
{
    /// <summary>The chain.</summary>
    ChainId Chain { get; }

    /// <summary>The account that sends and pays for gas.</summary>
    Address Address { get; }

    /// <summary>
    /// Sends one transaction and waits for its receipt, at most as long as the lane is set to. The race: of any number of calls with
    /// one <see cref="LaneRequest.Key"/>, in any number of processes, exactly one makes a transaction, and all follow that one. Only
    /// a request that was refused before a transaction was stored leaves its key free.
    /// </summary>
    /// <exception cref="ArgumentException">The key was used with other content: that is a bug of the caller.</exception>
    Task<LaneResult> SendAsync(LaneRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Broadcasts the stored transaction of a key again if need be, raises its fee when it is due, and waits for its receipt. Null
    /// when no transaction was made under this key. A transaction whose block was reorganised away is open again and followed anew.
    /// </summary>
    /// <param name="key">The key of the request.</param>
    /// <param name="wait">How long to wait; zero asks once.</param>
    /// <param name="cancellationToken">Stops waiting; the transaction goes its way.</param>
    Task<LaneResult?> FollowAsync(string key, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>
    /// Replaces the open transaction of a key by a transfer of nothing to the account itself, with the same nonce and a higher fee,
    /// and waits for a receipt. The race: what was broadcast before may still be mined, so the result is
    /// <see cref="LaneResult.Cancelled"/>, or <see cref="LaneResult.Mined"/> or <see cref="LaneResult.Reverted"/> all the same, or
    /// <see cref="LaneResult.Pending"/>. Null when no transaction was made under this key; a refusal
    /// (<c>fee_over_cap</c>, <c>lane_busy</c>) leaves it as it was.
    /// </summary>
    /// <param name="key">The key of the request.</param>
    /// <param name="wait">How long to wait; zero asks once.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<LaneResult?> CancelAsync(string key, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>The open transactions in the order of nonces, with what the chain says of them now.</summary>
    /// <exception cref="Purser.Ethereum.Rpc.ChainException">The node could not be asked.</exception>
    Task<IReadOnlyList<LaneTransaction>> ListOpenAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// After a start, and whenever one likes: notes receipts, broadcasts again every stored transaction that has none, in the order of
    /// nonces, raises fees that are due and opens again what a reorganisation took out of its block. Returns how many are still open.
    /// </summary>
    Task<int> RecoverAsync(CancellationToken cancellationToken = default);
}
