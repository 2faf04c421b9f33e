using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>A transaction as the EVM sees it: who, whom, what, and what he pays. The signature was checked before.</summary>
internal sealed record Message
{
    /// <summary>The sender.</summary>
    public required Address From { get; init; }

    /// <summary>The callee; null creates a contract.</summary>
    public Address? To { get; init; }

    /// <summary>The EIP-2718 type; 0 for a legacy transaction, and for a call that is no transaction.</summary>
    public byte Type { get; init; }

    /// <summary>The sender's nonce.</summary>
    public ulong Nonce { get; init; }

    /// <summary>The most gas that may be used.</summary>
    public required ulong GasLimit { get; init; }

    /// <summary>Wei sent along.</summary>
    public UInt256 Value { get; init; }

    /// <summary>Calldata or creation code.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The most paid in wei per gas.</summary>
    public UInt256 FeeCap { get; init; }

    /// <summary>The most paid to the fee recipient in wei per gas.</summary>
    public UInt256 TipCap { get; init; }

    /// <summary>Declared accesses (EIP-2930).</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <summary>Versioned hashes of blobs; null when this is no blob transaction (EIP-4844).</summary>
    public IReadOnlyList<Hash32>? BlobHashes { get; init; }

    /// <summary>The most paid in wei per blob gas.</summary>
    public UInt256 BlobFeeCap { get; init; }

    /// <summary>What sets accounts' code before the call; null when this is no transaction of EIP-7702.</summary>
    public IReadOnlyList<SignedAuthorization>? Authorizations { get; init; }

    /// <summary>A call that is no transaction: nonce, fees and the sender's code are not looked at, and nothing is paid.</summary>
    public bool IsSimulated { get; init; }

    /// <summary>The sender did not sign: the node stands in for him, and he may have code (EIP-3607 is not looked at).</summary>
    public bool IsImpersonated { get; init; }

    /// <summary>What a signed transaction says.</summary>
    public static Message Of(SignedTransaction signed)
    {
        var transaction = signed.Transaction;
        return new()
        {
            Type = transaction.Type,
            From = signed.From,
            To = transaction.To,
            Nonce = transaction.Nonce,
            GasLimit = transaction.GasLimit,
            Value = transaction.Value,
            Data = transaction.Data,
            FeeCap = transaction.FeeCap,
            TipCap = transaction.TipCap,
            AccessList = transaction.AccessedBeforehand,
            Authorizations = (transaction as Transaction7702)?.AuthorizationList,
            IsImpersonated = Chain.Impersonation.IsOf(signed),
        };
    }
}
