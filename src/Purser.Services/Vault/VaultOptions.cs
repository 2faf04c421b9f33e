using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Services.Gate;
using Purser.Storage;
using Purser.Wallet.Policy;

namespace Purser.Services.Vault;

/// <summary>What a vault is made of. Nothing in here is disposed by it.</summary>
public sealed record VaultOptions
{
    /// <summary>The data folder, absolute, 0700; users lie in <c>users/ID</c> under it.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The vault's own store: identities and sessions. A user's payments and journal lie in a store of his folder.</summary>
    public required Store Store { get; init; }

    /// <summary>The password of every key store in the vault, which the operator gives at the start. It is copied, and the copy is zeroed at the end.</summary>
    public required ReadOnlyMemory<char> UnlockPassword { get; init; }

    /// <summary>Chains and tokens.</summary>
    public required AssetRegistry Registry { get; init; }

    /// <summary>The chains that can be asked.</summary>
    public required IReadOnlyDictionary<ChainId, IChain> Chains { get; init; }

    /// <summary>The clock; with a sandbox, the one that it runs on.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>For keys, nonces and tokens; cryptographically strong.</summary>
    public required IRandom Random { get; init; }

    /// <summary>The mandate that a new user begins with.</summary>
    public Func<AssetRegistry, SpendingPolicy> FirstPolicy { get; init; } = PolicyPresets.Cautious;

    /// <summary>What a key store's password derivation costs; the standard when null. Only tests take less.</summary>
    public ScryptCost? Cost { get; init; }

    /// <summary>How many users' wallets are open at once, 1 to 10,000. Beyond it the one that was idle longest is closed; when none is idle the request is a 503.</summary>
    public int MaxOpenUsers { get; init; } = 64;

    /// <summary>After how long without a request a user's wallet is closed and his keys are zeroed. Default 10 minutes.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Requests by address before the token is looked at; 429 with <c>Retry-After</c> above it.</summary>
    public CallerRate PerAddress { get; init; } = new(PerMinute: 12_000, Burst: 4_000);

    /// <summary>Requests of one user.</summary>
    public CallerRate PerUser { get; init; } = new(PerMinute: 6_000, Burst: 2_000);

    /// <summary>
    /// The names by which the vault may be called besides <c>127.0.0.1</c>, <c>[::1]</c> and <c>localhost</c>. A request with another Host header is refused,
    /// so that a page whose name was made to point at this machine (DNS rebinding) reaches nothing.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Whether to sign for chains that cannot be asked, with the registry's EIP-712 domain. Off; tests without a chain set it.</summary>
    public bool AllowOffline { get; init; }
}
