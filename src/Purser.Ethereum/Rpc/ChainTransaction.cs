namespace Purser.Ethereum.Rpc;

/// <summary>
/// A transaction as a node tells it, in a block or in its pool, of any type: one that is not known here (the deposits of an OP chain) is read as far as
/// its members are the common ones. <see cref="Rebuild"/> checks a known type against its own hash and signature.
/// </summary>
public sealed record ChainTransaction
{
    /// <summary>The EIP-2718 type; 0 for a legacy transaction.</summary>
    public required byte Type { get; init; }

    /// <summary>The hash that the node gave.</summary>
    public required Hash32 Hash { get; init; }

    /// <summary>The sender that the node gave.</summary>
    public required Address From { get; init; }

    /// <summary>The callee; null for a creation.</summary>
    public Address? To { get; init; }

    /// <summary>The nonce.</summary>
    public required ulong Nonce { get; init; }

    /// <summary>The gas limit.</summary>
    public required ulong GasLimit { get; init; }

    /// <summary>Wei sent along.</summary>
    public required UInt256 Value { get; init; }

    /// <summary>Calldata or creation code.</summary>
    public required byte[] Data { get; init; }

    /// <summary>The chain; null for a legacy transaction that is valid on all.</summary>
    public ChainId? Chain { get; init; }

    /// <summary>Wei per gas: as signed for types 0 and 1; for later types what was paid, once the transaction is in a block.</summary>
    public UInt256? GasPrice { get; init; }

    /// <summary>The cap on the whole fee, in wei per gas (type 2 and later).</summary>
    public UInt256? MaxFeePerGas { get; init; }

    /// <summary>The cap on the tip, in wei per gas (type 2 and later).</summary>
    public UInt256? MaxPriorityFeePerGas { get; init; }

    /// <summary>The cap on the blob fee, in wei per blob gas (type 3).</summary>
    public UInt256? MaxFeePerBlobGas { get; init; }

    /// <summary>The blobs' versioned hashes (type 3); empty for others.</summary>
    public IReadOnlyList<Hash32> BlobVersionedHashes { get; init; } = [];

    /// <summary>The addresses and slots declared beforehand (type 1 and later); empty for others.</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <summary>The delegations that accounts signed (type 4); empty for others.</summary>
    public IReadOnlyList<SignedAuthorization> Authorizations { get; init; } = [];

    /// <summary>The signature's parity, or legacy v with or without EIP-155's chain; null when the node gave none.</summary>
    public UInt256? V { get; init; }

    /// <summary>The signature's r; null when the node gave none.</summary>
    public UInt256? R { get; init; }

    /// <summary>The signature's s; null when the node gave none.</summary>
    public UInt256? S { get; init; }

    /// <summary>The block; null while it is in the pool.</summary>
    public Hash32? BlockHash { get; init; }

    /// <summary>The block's height; null while it is in the pool.</summary>
    public ulong? BlockNumber { get; init; }

    /// <summary>Its place in the block; null while it is in the pool.</summary>
    public ulong? TransactionIndex { get; init; }

    /// <summary>
    /// Puts the transaction together again from its members and checks it against the hash and the sender that the node gave: then neither the node nor
    /// anyone before it can have changed a member. Null for a type that is not known here.
    /// </summary>
    /// <exception cref="ChainException">The members do not make the transaction of this hash and sender.</exception>
    public SignedTransaction? Rebuild()
    {
        if (V is { FitsUInt64: false })
        {
            throw new ChainException($"The node's transaction {Hash} has no valid signature.");
        }
        if (Unsigned() is not { } unsigned)
        {
            return null;
        }
        if (Parity() is not { } parity || R is not { } r || S is not { } s
            || !Signature.TryCreate(Hash32.FromUInt256(r), Hash32.FromUInt256(s), 27 + parity, out var signature)
            || !Secp256k1.TryRecover(unsigned.SigningHash, signature, out _))
        {
            throw new ChainException($"The node's transaction {Hash} has no valid signature.");
        }
        if (unsigned.CheckForm() is { } misshapen)
        {
            throw new ChainException($"The node's transaction {Hash} is none: {misshapen.Message}");
        }
        var signed = unsigned.WithSignature(signature);
        return signed.Hash == Hash && signed.From == From ? signed : throw new ChainException($"The node's transaction {Hash} is not what its hash, or its signature, says.");
    }

    // Legacy: 27 and 28, or EIP-155's 35 and more. Typed: the parity itself.
    private int? Parity() => V is not { } v ? null : Type != 0 ? v <= 1 ? (int)v : null : v >= 35 ? (int)((v - 35) % 2) : v == 27 || v == 28 ? (int)(v - 27) : null;

    private Transaction? Unsigned()
    {
        Transaction? bare = Type switch
        {
            0 => new LegacyTransaction { ChainId = V is { } v && v >= 35 ? new ChainId((ulong)((v - 35) / 2)) : null, GasPrice = GasPrice ?? default },
            1 => new Transaction2930 { ChainId = Chain ?? default, GasPrice = GasPrice ?? default, AccessList = AccessList },
            2 => new Transaction1559 { ChainId = Chain ?? default, MaxFeePerGas = MaxFeePerGas ?? default, MaxPriorityFeePerGas = MaxPriorityFeePerGas ?? default, AccessList = AccessList },
            3 when To is not null => new Transaction4844
            {
                ChainId = Chain ?? default, MaxFeePerGas = MaxFeePerGas ?? default, MaxPriorityFeePerGas = MaxPriorityFeePerGas ?? default, AccessList = AccessList,
                MaxFeePerBlobGas = MaxFeePerBlobGas ?? default, BlobVersionedHashes = BlobVersionedHashes,
            },
            4 when To is not null => new Transaction7702
            {
                ChainId = Chain ?? default, MaxFeePerGas = MaxFeePerGas ?? default, MaxPriorityFeePerGas = MaxPriorityFeePerGas ?? default, AccessList = AccessList,
                AuthorizationList = Authorizations,
            },
            3 or 4 => throw new ChainException($"The node's transaction {Hash} of type {Type} creates a contract, which that type cannot."),
            _ => null,
        };
        return bare is null ? null : bare with { Nonce = Nonce, GasLimit = GasLimit, To = To, Value = Value, Data = Data };
    }
}
