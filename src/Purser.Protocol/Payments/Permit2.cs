using System.Text.Json.Nodes;
using Purser.Ethereum;

namespace Purser.Protocol.Payments;

/// <summary>
/// The signed bytes of a payment by Permit2, laid by hand: what <see cref="Permit2Authorization"/> hashes to under Permit2's EIP-712 domain on a chain, and who signed it
/// (specs/x402.md 5.2; Permit2's <c>permitWitnessTransferFrom</c>). A test holds them equal to the typed-data JSON form and to the contract.
/// </summary>
public static class Permit2
{
    /// <summary>The encoded type of the message with the x402 witness; the referenced structs follow in alphabetical order (EIP-712, "encodeType").</summary>
    public const string TransferType =
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Witness witness)TokenPermissions(address token,uint256 amount)Witness(address to,uint256 validAfter)";

    /// <summary>The encoded type with the witness of scheme <c>upto</c>, which names the facilitator (specs/x402.md 5.4).</summary>
    public const string UptoTransferType =
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Witness witness)TokenPermissions(address token,uint256 amount)Witness(address to,address facilitator,uint256 validAfter)";

    private static readonly Hash32 s_transferTypeHash = Eip712.TypeHash(TransferType);
    private static readonly Hash32 s_uptoTransferTypeHash = Eip712.TypeHash(UptoTransferType);
    private static readonly Hash32 s_uptoWitnessTypeHash = Eip712.TypeHash("Witness(address to,address facilitator,uint256 validAfter)");
    private static readonly Hash32 s_permissionsTypeHash = Eip712.TypeHash("TokenPermissions(address token,uint256 amount)");
    private static readonly Hash32 s_witnessTypeHash = Eip712.TypeHash("Witness(address to,uint256 validAfter)");

    /// <summary>The Permit2 contract, at this address on every chain that has it.</summary>
    public static Address Contract { get; } = Address.Parse("0x000000000022D473030F116dDEE9F6B43aC78BA3");

    /// <summary>The x402 proxy that settles scheme <c>exact</c> by Permit2: with <see cref="UptoProxy"/> the only spender that we sign for.</summary>
    public static Address ExactProxy { get; } = Address.Parse("0x402085c248EeA27D92E8b30b2C58ed07f9E20001");

    /// <summary>The x402 proxy that settles scheme <c>upto</c> by Permit2; only the facilitator of the witness can make it.</summary>
    public static Address UptoProxy { get; } = Address.Parse("0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002");

    /// <summary>Permit2's EIP-712 domain on a chain: name "Permit2", no version.</summary>
    public static Eip712Domain Domain(ChainId chain) => new() { Name = "Permit2", ChainId = chain.Value, VerifyingContract = Contract };

    /// <summary>The separator of <see cref="Domain"/>, as <c>DOMAIN_SEPARATOR()</c> gives it.</summary>
    public static Hash32 DomainSeparator(ChainId chain) => Domain(chain).Separator;

    /// <summary>The hash of the message as a struct (<c>hashStruct</c> of EIP-712).</summary>
    public static Hash32 HashStruct(Permit2Authorization message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var permitted = new Eip712StructWriter(stackalloc byte[3 * 32], s_permissionsTypeHash);
        permitted.Add(message.Token);
        permitted.Add(message.Amount);
        var transfer = new Eip712StructWriter(stackalloc byte[6 * 32], message.Facilitator is null ? s_transferTypeHash : s_uptoTransferTypeHash);
        transfer.Add(permitted.Hash());
        transfer.Add(message.Spender);
        transfer.Add(message.Nonce);
        transfer.Add(message.Deadline);
        transfer.Add(HashWitness(message));
        return transfer.Hash();
    }

    private static Hash32 HashWitness(Permit2Authorization message)
    {
        if (message.Facilitator is not { } facilitator)
        {
            var exact = new Eip712StructWriter(stackalloc byte[3 * 32], s_witnessTypeHash);
            exact.Add(message.To);
            exact.Add(message.ValidAfter);
            return exact.Hash();
        }

        var upto = new Eip712StructWriter(stackalloc byte[4 * 32], s_uptoWitnessTypeHash);
        upto.Add(message.To);
        upto.Add(facilitator);
        upto.Add(message.ValidAfter);
        return upto.Hash();
    }

    /// <summary>The 32 bytes that are signed: Keccak-256 of <c>0x19 0x01</c>, the domain's separator and the struct's hash.</summary>
    public static Hash32 Digest(Permit2Authorization message, ChainId chain) => Eip712.Digest(DomainSeparator(chain), HashStruct(message));

    /// <summary>The message as an <c>eth_signTypedData_v4</c> document, for signers outside this process; it hashes to the same digest.</summary>
    public static string TypedDataJson(Permit2Authorization message, ChainId chain)
    {
        ArgumentNullException.ThrowIfNull(message);
        var witness = new JsonObject { ["to"] = message.To.ToString() };
        if (message.Facilitator is { } facilitator)
        {
            witness["facilitator"] = facilitator.ToString();
        }

        witness["validAfter"] = message.ValidAfter.ToString();
        return new JsonObject
        {
            ["types"] = new JsonObject
            {
                ["EIP712Domain"] = TypedDataFields.Of("string name", "uint256 chainId", "address verifyingContract"),
                ["PermitWitnessTransferFrom"] = TypedDataFields.Of("TokenPermissions permitted", "address spender", "uint256 nonce", "uint256 deadline", "Witness witness"),
                ["TokenPermissions"] = TypedDataFields.Of("address token", "uint256 amount"),
                ["Witness"] = message.Facilitator is null ? TypedDataFields.Of("address to", "uint256 validAfter") : TypedDataFields.Of("address to", "address facilitator", "uint256 validAfter"),
            },
            ["primaryType"] = "PermitWitnessTransferFrom",
            ["domain"] = new JsonObject { ["name"] = "Permit2", ["chainId"] = TypedDataFields.ChainId(chain), ["verifyingContract"] = Contract.ToString() },
            ["message"] = new JsonObject
            {
                ["permitted"] = new JsonObject { ["token"] = message.Token.ToString(), ["amount"] = message.Amount.ToString() },
                ["spender"] = message.Spender.ToString(),
                ["nonce"] = message.Nonce.ToString(),
                ["deadline"] = message.Deadline.ToString(),
                ["witness"] = witness,
            },
        }.ToJsonString();
    }

    /// <summary>Who signed the message on a chain; false when the signature recovers to nobody. Compare the result with <see cref="Permit2Authorization.From"/>, which is no part of what is signed.</summary>
    public static bool TryRecover(Permit2Authorization message, ChainId chain, in Signature signature, out Address signer) =>
        Secp256k1.TryRecover(Digest(message, chain), signature, out signer);
}
