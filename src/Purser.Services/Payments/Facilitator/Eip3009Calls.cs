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
    private static readonly AbiFunction s_name = AbiFunction.Parse("function name() returns (string)");
    private static readonly AbiFunction s_version = AbiFunction.Parse("function version() returns (string)");

    /// <summary>The transfer with the signature that goes on chain: the overload of v, r and s for a 65-byte signature, that of bytes for any other.</summary>
    public static byte[] Transfer(Eip3009Proof payment, ReadOnlyMemory<byte> signature)
    {
        var a = payment.Authorization;
        return signature.Length == Signature.Size
            ? s_transferParts.Encode(a.From, a.To, a.Value, a.ValidAfter, a.ValidBefore, a.Nonce,
                (UInt256)signature.Span[64], new Hash32(signature.Span[..32]), new Hash32(signature.Span[32..64]))
            : s_transferBytes.Encode(a.From, a.To, a.Value, a.ValidAfter, a.ValidBefore, a.Nonce, signature.ToArray());
    }

    /// <summary>Whether the nonce is used or cancelled; null when the token does not answer.</summary>
    public static async Task<bool?> AuthorizationStateAsync(IChain chain, Eip3009Proof payment, CancellationToken cancellationToken) =>
        await Erc20Calls.ReadAsync(chain, payment.Terms.Asset.Token, s_authorizationState, [payment.Payer, payment.Authorization.Nonce], cancellationToken) is bool used ? used : null;

    /// <summary>The token's name; null when it does not answer.</summary>
    public static async Task<string?> NameAsync(IChain chain, Address token, CancellationToken cancellationToken) =>
        await Erc20Calls.ReadAsync(chain, token, s_name, [], cancellationToken) as string;

    /// <summary>The version of the token's domain; null when it does not answer.</summary>
    public static async Task<string?> VersionAsync(IChain chain, Address token, CancellationToken cancellationToken) =>
        await Erc20Calls.ReadAsync(chain, token, s_version, [], cancellationToken) as string;
}
