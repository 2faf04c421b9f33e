using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Storage;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;
using Purser.Wallet.Transactions;

namespace Purser.Wallet;

/// <summary>What a <see cref="LocalWallet"/> is made of. Nothing in here is disposed by the wallet.</summary>
public sealed record LocalWalletOptions
{
    /// <summary>The store, shared by all processes of the data folder.</summary>
    public required Store Store { get; init; }

    /// <summary>The key of the journal's MACs.</summary>
    public required JournalKey JournalKey { get; init; }

    /// <summary>The accounts.</summary>
    public required KeyRing Keys { get; init; }

    /// <summary>The mandate.</summary>
    public required PolicyFile Policy { get; init; }

    /// <summary>Chains and tokens.</summary>
    public required AssetRegistry Registry { get; init; }

    /// <summary>The chains that can be asked.</summary>
    public required IReadOnlyDictionary<ChainId, IChain> Chains { get; init; }

    /// <summary>The clock; with a sandbox, the one that it runs on.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>For nonces; cryptographically strong.</summary>
    public required IRandom Random { get; init; }

    /// <summary>
    /// Whether to sign for a chain that is not among <see cref="Chains"/>, with the registry's EIP-712 domain and without a look at the balance.
    /// Off by default: a wrong domain would not lose money, but the signature would be void.
    /// </summary>
    public bool AllowOffline { get; init; }

    /// <summary>How long after <c>validBefore</c>, by the chain's clock, an unused authorization counts as dead: room for a reorganisation. Default 60 seconds.</summary>
    public TimeSpan ExpiryMargin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After how long a reservation that was never signed counts as left behind by a process that is gone. Default 2 minutes.</summary>
    public TimeSpan ReservationGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long a presentation may take before its payment counts as one whose reply was lost, also to the wallet that presents it; to every other wallet of the store it does so from the beginning. Longer than the HTTP client's
    /// timeout, twice, since a lost reply is asked for once more. Default 5 minutes.
    /// </summary>
    public TimeSpan PresentationLease { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The bounds of the account's lanes. The fee that a policy allows holds besides. By default <see cref="IWallet.AuthorizeAsync"/> waits 20 seconds for a receipt.</summary>
    public NonceLaneOptions Lanes { get; init; } = new() { Owner = "wallet", ReceiptWait = TimeSpan.FromSeconds(20) };
}
