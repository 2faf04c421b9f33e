using System.Text.Json.Nodes;
using Purser.Ethereum;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>The message of EIP-2612: the spender may take up to an amount of the owner's tokens, by <c>permit</c> of the token instead of a transaction of the owner.</summary>
/// <param name="Owner">Who signs.</param>
/// <param name="Spender">Who is allowed.</param>
/// <param name="Value">Minimal units; the allowance is set to this.</param>
/// <param name="Nonce">The token's <c>nonces(owner)</c> before the permit is used.</param>
/// <param name="Deadline">Unix seconds; the last in which it can be used.</param>
public sealed record Eip2612Permit(Address Owner, Address Spender, UInt256 Value, UInt256 Nonce, UInt256 Deadline);

/// <summary>The signed bytes of EIP-2612: what <see cref="Eip2612Permit"/> hashes to under a token's EIP-712 domain, and who signed it. A test holds them equal to the typed-data JSON form.</summary>
public static class Eip2612
{
    /// <summary>The encoded type of the message (EIP-2612, "Specification").</summary>
    public const string PermitType = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";

    private static readonly Hash32 s_typeHash = Eip712.TypeHash(PermitType);

    /// <summary>The hash of the message as a struct (<c>hashStruct</c> of EIP-712).</summary>
    public static Hash32 HashStruct(Eip2612Permit permit)
    {
        ArgumentNullException.ThrowIfNull(permit);
        var words = new Eip712StructWriter(stackalloc byte[6 * 32], s_typeHash);
        words.Add(permit.Owner);
        words.Add(permit.Spender);
        words.Add(permit.Value);
        words.Add(permit.Nonce);
        words.Add(permit.Deadline);
        return words.Hash();
    }

    /// <summary>The 32 bytes that are signed.</summary>
    /// <param name="permit">The message.</param>
    /// <param name="domainSeparator">The token's domain, as <see cref="Eip3009.DomainSeparator"/> or the token's <c>DOMAIN_SEPARATOR()</c> gives it.</param>
    public static Hash32 Digest(Eip2612Permit permit, in Hash32 domainSeparator) => Eip712.Digest(domainSeparator, HashStruct(permit));

    /// <summary>The message as an <c>eth_signTypedData_v4</c> document, for signers outside this process; it hashes to the same digest.</summary>
    /// <param name="permit">The message.</param>
    /// <param name="name">The domain's name, as the contract has it.</param>
    /// <param name="version">The domain's version.</param>
    /// <param name="token">The token and its chain.</param>
    public static string TypedDataJson(Eip2612Permit permit, string name, string version, in AssetId token)
    {
        ArgumentNullException.ThrowIfNull(permit);
        return new JsonObject
        {
            ["types"] = new JsonObject
            {
                ["EIP712Domain"] = TypedDataFields.Of("string name", "string version", "uint256 chainId", "address verifyingContract"),
                ["Permit"] = TypedDataFields.Of("address owner", "address spender", "uint256 value", "uint256 nonce", "uint256 deadline"),
            },
            ["primaryType"] = "Permit",
            ["domain"] = new JsonObject { ["name"] = name, ["version"] = version, ["chainId"] = TypedDataFields.ChainId(token.Chain), ["verifyingContract"] = token.Token.ToString() },
            ["message"] = new JsonObject
            {
                ["owner"] = permit.Owner.ToString(),
                ["spender"] = permit.Spender.ToString(),
                ["value"] = permit.Value.ToString(),
                ["nonce"] = permit.Nonce.ToString(),
                ["deadline"] = permit.Deadline.ToString(),
            },
        }.ToJsonString();
    }

    /// <summary>Who signed the message under the domain; false when the signature recovers to nobody. Compare the result with <see cref="Eip2612Permit.Owner"/>.</summary>
    public static bool TryRecover(Eip2612Permit permit, in Hash32 domainSeparator, in Signature signature, out Address signer) =>
        Secp256k1.TryRecover(Digest(permit, domainSeparator), signature, out signer);
}
