using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Cli.Composition;

/// <summary>What a token says of an account.</summary>
public static class TokenReads
{
    private static readonly AbiFunction s_balanceOf = AbiFunction.Parse("function balanceOf(address account) returns (uint256)");

    /// <summary>The balance in minimal units; null when the contract does not answer as a token does.</summary>
    public static async Task<UInt256?> BalanceAsync(IChain chain, Address token, Address account, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        var answer = await chain.CallAsync(new() { To = token, Data = s_balanceOf.Encode(account) }, cancellationToken: cancellationToken);
        return answer is CallResult.Returned { Data.Length: 32 } returned ? UInt256.FromBigEndian(returned.Data) : null;
    }
}
