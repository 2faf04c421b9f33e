using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Services.Payments.Facilitator;

/// <summary>What is asked of any ERC-20 token, and read from its receipts and reverts.</summary>
internal static class Erc20Calls
{
    private static readonly AbiFunction s_balanceOf = AbiFunction.Parse("function balanceOf(address account) returns (uint256)");
    private static readonly AbiError s_error = AbiError.Parse("error Error(string reason)");
    private static readonly Hash32 s_transferTopic = AbiEvent.Parse("event Transfer(address indexed from, address indexed to, uint256 value)").Topic;

    /// <summary>The token balance in minimal units; 0 when the token does not answer.</summary>
    public static async Task<UInt256> BalanceAsync(IChain chain, Address token, Address account, CancellationToken cancellationToken) =>
        await ReadAsync(chain, token, s_balanceOf, [account], cancellationToken) is UInt256 balance ? balance : UInt256.Zero;

    /// <summary>The text of <c>Error(string)</c>; null for any other revert data.</summary>
    public static string? RevertText(ReadOnlySpan<byte> data)
    {
        if (!s_error.Matches(data))
        {
            return null;
        }
        try
        {
            return s_error.Decode(data).Get<string>(0);
        }
        catch (AbiException)
        {
            return null; // a contract may say anything
        }
    }

    /// <summary>Whether the receipt has the very transfer that was to be made.</summary>
    public static bool HasTransfer(TransactionReceipt receipt, Address token, Address from, Address to, UInt256 value) =>
        receipt.Logs.Any(log => log.Address == token && log.Topics.Count == 3 && log.Topics[0] == s_transferTopic
            && log.Topics[1] == Word(from) && log.Topics[2] == Word(to)
            && log.Data.Length == 32 && UInt256.FromBigEndian(log.Data) == value);

    /// <summary>The first output of a view function; null when the contract reverts or answers something else.</summary>
    public static async Task<object?> ReadAsync(IChain chain, Address contract, AbiFunction function, object[] arguments, CancellationToken cancellationToken, BlockTag block = default)
    {
        var answer = await chain.CallAsync(new CallRequest { To = contract, Data = function.Encode(arguments) }, block, cancellationToken);
        if (answer is not CallResult.Returned returned)
        {
            return null;
        }
        try
        {
            return function.DecodeOutput(returned.Data)[0];
        }
        catch (AbiException)
        {
            return null; // no such function behind a fallback, or a stranger's contract
        }
    }

    private static Hash32 Word(Address address)
    {
        Span<byte> word = stackalloc byte[32];
        word.Clear();
        address.CopyTo(word[12..]);
        return new(word);
    }
}
