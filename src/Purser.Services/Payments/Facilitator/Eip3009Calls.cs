using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Facilitator;

/// <summary>The calls that settle and examine an EIP-3009 token.</summary>
internal static class Eip3009Calls
{
    private static readonly AbiFunction s_transferParts = AbiFunction.Parse(
        "function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)");

    private static readonly AbiFunction s_transferBytes = AbiFunction.Parse(
        "function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)");

    private static readonly AbiFunction s_authorizationState = AbiFunction.Parse("function authorizationState(address authorizer, bytes32 nonce) returns (bool)");
    private static readonly AbiFunction s_balanceOf = AbiFunction.Parse("function balanceOf(address account) returns (uint256)");
    private static readonly AbiFunction s_name = AbiFunction.Parse("function name() returns (string)");
    private static readonly AbiFunction s_version = AbiFunction.Parse("function version() returns (string)");
    private static readonly AbiError s_error = AbiError.Parse("error Error(string reason)");
    private static readonly Hash32 s_transferTopic = AbiEvent.Parse("event Transfer(address indexed from, address indexed to, uint256 value)").Topic;

    /// <summary>The transfer: the overload of v, r and s for a 65-byte signature, that of bytes for any other.</summary>
    public static byte[] Transfer(ExactEvmPayload payload)
    {
        var a = payload.Authorization;
        return payload.Signature.Length == Signature.Size
            ? s_transferParts.Encode(a.From, a.To, a.Value, a.ValidAfter, a.ValidBefore, a.Nonce,
                (UInt256)payload.Signature.Span[64], new Hash32(payload.Signature.Span[..32]), new Hash32(payload.Signature.Span[32..64]))
            : s_transferBytes.Encode(a.From, a.To, a.Value, a.ValidAfter, a.ValidBefore, a.Nonce, payload.Signature.ToArray());
    }

    /// <summary>Whether the nonce is used or cancelled; null when the token does not answer.</summary>
    public static async Task<bool?> AuthorizationStateAsync(IChain chain, Address token, Address payer, Hash32 nonce, CancellationToken cancellationToken) =>
        await ReadAsync(chain, token, s_authorizationState, [payer, nonce], cancellationToken) is bool used ? used : null;

    /// <summary>The token balance in minimal units; 0 when the token does not answer.</summary>
    public static async Task<UInt256> BalanceAsync(IChain chain, Address token, Address account, CancellationToken cancellationToken) =>
        await ReadAsync(chain, token, s_balanceOf, [account], cancellationToken) is UInt256 balance ? balance : UInt256.Zero;

    /// <summary>The token's name; null when it does not answer.</summary>
    public static async Task<string?> NameAsync(IChain chain, Address token, CancellationToken cancellationToken) =>
        await ReadAsync(chain, token, s_name, [], cancellationToken) as string;

    /// <summary>The version of the token's domain; null when it does not answer.</summary>
    public static async Task<string?> VersionAsync(IChain chain, Address token, CancellationToken cancellationToken) =>
        await ReadAsync(chain, token, s_version, [], cancellationToken) as string;

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
    public static bool HasTransfer(TransactionReceipt receipt, ExactEvmPayment payment)
    {
        var a = payment.Payload.Authorization;
        return receipt.Logs.Any(log => log.Address == payment.Terms.Asset.Token && log.Topics.Count == 3 && log.Topics[0] == s_transferTopic
            && log.Topics[1] == Word(a.From) && log.Topics[2] == Word(a.To)
            && log.Data.Length == 32 && UInt256.FromBigEndian(log.Data) == a.Value);
    }

    private static Hash32 Word(Address address)
    {
        Span<byte> word = stackalloc byte[32];
        word.Clear();
        address.CopyTo(word[12..]);
        return new(word);
    }

    private static async Task<object?> ReadAsync(IChain chain, Address token, AbiFunction function, object[] arguments, CancellationToken cancellationToken)
    {
        var answer = await chain.CallAsync(new CallRequest { To = token, Data = function.Encode(arguments) }, cancellationToken: cancellationToken);
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
}
