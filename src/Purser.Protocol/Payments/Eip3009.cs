using System.Text;
using System.Text.Json.Nodes;
using Purser.Ethereum;

namespace Purser.Protocol.Payments;

/// <summary>
/// The signed bytes of EIP-3009, laid by hand: what <see cref="Eip3009Authorization"/> hashes to under a token's EIP-712 domain,
/// and who signed it. A test holds them equal to the typed-data JSON form.
/// </summary>
public static class Eip3009
{
    /// <summary>The encoded type of the message (EIP-3009, "Specification").</summary>
    public const string TransferType = "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";

    private static readonly Hash32 s_domainTypeHash = Keccak256.Hash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"u8);

    // The last that was asked for: a service mostly takes one token, and asks for its domain several times for each payment.
    private static volatile KnownDomain? s_last;

    /// <summary>Keccak-256 of <see cref="TransferType"/>.</summary>
    public static Hash32 TransferTypeHash { get; } = Keccak256.Hash(Encoding.ASCII.GetBytes(TransferType));

    /// <summary>The separator of a token's domain with the members name, version, chainId and verifyingContract (EIP-712), as <c>DOMAIN_SEPARATOR()</c> gives it.</summary>
    public static Hash32 DomainSeparator(string name, string version, in AssetId token)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(version);
        if (s_last is { } last && last.Token == token && last.Name == name && last.Version == version)
        {
            return last.Separator;
        }

        Span<byte> words = stackalloc byte[5 * 32];
        words.Clear();
        s_domainTypeHash.CopyTo(words);
        Keccak256.Hash(Encoding.UTF8.GetBytes(name), words[32..]);
        Keccak256.Hash(Encoding.UTF8.GetBytes(version), words[64..]);
        ((UInt256)token.Chain.Value).WriteBigEndian(words.Slice(96, 32));
        token.Token.CopyTo(words[(128 + 12)..]);
        var separator = Keccak256.Hash(words);
        s_last = new(name, version, token, separator);
        return separator;
    }

    /// <summary>The hash of the message as a struct (<c>hashStruct</c> of EIP-712).</summary>
    public static Hash32 HashStruct(Eip3009Authorization message)
    {
        ArgumentNullException.ThrowIfNull(message);
        Span<byte> words = stackalloc byte[7 * 32];
        words.Clear();
        TransferTypeHash.CopyTo(words);
        message.From.CopyTo(words[(32 + 12)..]);
        message.To.CopyTo(words[(64 + 12)..]);
        message.Value.WriteBigEndian(words.Slice(96, 32));
        message.ValidAfter.WriteBigEndian(words.Slice(128, 32));
        message.ValidBefore.WriteBigEndian(words.Slice(160, 32));
        message.Nonce.CopyTo(words[192..]);
        return Keccak256.Hash(words);
    }

    /// <summary>The 32 bytes that are signed: Keccak-256 of <c>0x19 0x01</c>, the domain's separator and the struct's hash.</summary>
    public static Hash32 Digest(Eip3009Authorization message, in Hash32 domainSeparator)
    {
        Span<byte> bytes = stackalloc byte[2 + 64];
        bytes[0] = 0x19;
        bytes[1] = 0x01;
        domainSeparator.CopyTo(bytes[2..]);
        HashStruct(message).CopyTo(bytes[34..]);
        return Keccak256.Hash(bytes);
    }

    /// <summary>The message as an <c>eth_signTypedData_v4</c> document, for signers outside this process; it hashes to the same digest.</summary>
    /// <param name="message">The message.</param>
    /// <param name="name">The domain's name, as the contract has it.</param>
    /// <param name="version">The domain's version.</param>
    /// <param name="token">The token and its chain.</param>
    public static string TypedDataJson(Eip3009Authorization message, string name, string version, in AssetId token)
    {
        ArgumentNullException.ThrowIfNull(message);
        return new JsonObject
        {
            ["types"] = new JsonObject
            {
                ["EIP712Domain"] = TypedDataFields.Of("string name", "string version", "uint256 chainId", "address verifyingContract"),
                ["TransferWithAuthorization"] = TypedDataFields.Of("address from", "address to", "uint256 value", "uint256 validAfter", "uint256 validBefore", "bytes32 nonce"),
            },
            ["primaryType"] = "TransferWithAuthorization",
            ["domain"] = new JsonObject { ["name"] = name, ["version"] = version, ["chainId"] = TypedDataFields.ChainId(token.Chain), ["verifyingContract"] = token.Token.ToString() },
            ["message"] = new JsonObject
            {
                ["from"] = message.From.ToString(),
                ["to"] = message.To.ToString(),
                ["value"] = message.Value.ToString(),
                ["validAfter"] = message.ValidAfter.ToString(),
                ["validBefore"] = message.ValidBefore.ToString(),
                ["nonce"] = message.Nonce.ToString(),
            },
        }.ToJsonString();
    }

    /// <summary>Who signed the message under the domain; false when the signature recovers to nobody. Compare the result with <see cref="Eip3009Authorization.From"/>.</summary>
    public static bool TryRecover(Eip3009Authorization message, in Hash32 domainSeparator, in Signature signature, out Address signer) =>
        Secp256k1.TryRecover(Digest(message, domainSeparator), signature, out signer);

    private sealed record KnownDomain(string Name, string Version, AssetId Token, Hash32 Separator);
}
