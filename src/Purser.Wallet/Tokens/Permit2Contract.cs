using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;

namespace Purser.Wallet.Tokens;

/// <summary>What the chain's Permit2 contract says of unordered nonces: word <c>nonce &gt;&gt; 8</c> of an owner's bitmap, bit <c>nonce &amp; 255</c>.</summary>
internal sealed class Permit2Contract(IChain chain)
{
    private static readonly byte[] s_nonceBitmap = Keccak256.Hash("nonceBitmap(address,uint256)"u8).Bytes[..4].ToArray();
    private static readonly Hash32 s_invalidation = Keccak256.Hash("UnorderedNonceInvalidation(address,uint256,uint256)"u8);

    /// <summary>Whether a nonce was used or invalidated; null when there is no such contract.</summary>
    public async Task<bool?> IsNonceUsedAsync(Address owner, UInt256 nonce, BlockTag block, CancellationToken cancellationToken) =>
        await chain.CallAsync(new CallRequest { To = Permit2.Contract, Data = (byte[])[.. s_nonceBitmap, .. new byte[12], .. owner.ToArray(), .. (nonce >> 8).ToBigEndian()] }, block, cancellationToken) is CallResult.Returned { Data.Length: 32 } answer
            ? HasBit(answer.Data, nonce)
            : null;

    /// <summary>The transaction by which the owner took the nonce out of use, within a range of blocks; null when there is none.</summary>
    public async Task<AuthorizationEvent?> FindInvalidationAsync(Address owner, UInt256 nonce, ulong fromBlock, ulong toBlock, CancellationToken cancellationToken)
    {
        var logs = await chain.GetLogsAsync(
            new LogFilter
            {
                FromBlock = BlockTag.At(fromBlock),
                ToBlock = BlockTag.At(toBlock),
                Addresses = [Permit2.Contract],
                Topics = [[s_invalidation], [new Hash32((byte[])[.. new byte[12], .. owner.ToArray()])]],
            },
            cancellationToken);
        var word = (nonce >> 8).ToBigEndian();
        return logs.FirstOrDefault(log => log.Data.Length == 64 && log.Data.AsSpan(0, 32).SequenceEqual(word) && HasBit(log.Data[32..], nonce)) is { } found ? new(found.TransactionHash, Cancelled: true) : null;
    }

    // Bit 0 is the lowest of the last byte.
    private static bool HasBit(byte[] word, UInt256 nonce)
    {
        var bit = nonce.ToBigEndian()[31];
        return (word[31 - (bit / 8)] >> (bit % 8) & 1) == 1;
    }
}
