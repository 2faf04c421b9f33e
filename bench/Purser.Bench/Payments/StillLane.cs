using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Wallet.Transactions;

namespace Purser.Bench.Payments;

/// <summary>A lane whose transactions are mined at once and nowhere. The receipt has the transfer that the calldata asks for, because the facilitator looks for it.</summary>
internal sealed class StillLane(ChainId chain) : INonceLane
{
    private static readonly Hash32 s_transfer = Keccak256.Hash("Transfer(address,address,uint256)"u8);
    private long _sent;

    public ChainId Chain => chain;

    public Address Address { get; } = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");

    public Task<LaneResult> SendAsync(LaneRequest request, CancellationToken cancellationToken = default)
    {
        var data = request.Data.Span;
        var number = (UInt256)(ulong)Interlocked.Increment(ref _sent);
        var hash = new Hash32(number.ToBigEndian());
        // transferWithAuthorization(from, to, value, …): the words behind the selector.
        var log = new LogEntry(request.To!.Value, [s_transfer, new(data.Slice(4, 32)), new(data.Slice(36, 32))], data.Slice(68, 32).ToArray(), 1, hash, 0);
        return Task.FromResult<LaneResult>(new LaneResult.Mined(new(hash, 0, hash, 1, Address, request.To, null, true, 60_000, 1, [log])));
    }

    public Task<LaneResult?> FollowAsync(string key, TimeSpan wait, CancellationToken cancellationToken = default) => Task.FromResult<LaneResult?>(null);

    public Task<LaneResult?> CancelAsync(string key, TimeSpan wait, CancellationToken cancellationToken = default) => Task.FromResult<LaneResult?>(null);

    public Task<IReadOnlyList<LaneTransaction>> ListOpenAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<LaneTransaction>>([]);

    public Task<int> RecoverAsync(CancellationToken cancellationToken = default) => Task.FromResult(0);
}
