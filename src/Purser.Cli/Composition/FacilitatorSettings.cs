using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Assets;
using Purser.Wallet.Keys;

namespace Purser.Cli.Composition;

/// <summary>What a facilitator of this process settles, by whose keys, and within which bounds.</summary>
/// <param name="Chains">The chains, each with its node; at least one.</param>
/// <param name="Signers">The keys that send, on each of the chains; at least one, none twice. The host takes them over.</param>
public sealed record FacilitatorSettings(IReadOnlyDictionary<ChainId, IChain> Chains, IReadOnlyList<ISigner> Signers)
{
    /// <summary>The least gas that a settlement may be capped at: below it no token's transfer fits.</summary>
    public const ulong LeastGasCap = 50_000;

    /// <summary>The most gas that a settlement or a deployment may be capped at.</summary>
    public const ulong MostGasCap = 10_000_000;

    /// <summary>The tokens that are settled: those that it knows, and no stranger's; null settles any, for keys whose gas is worth nothing.</summary>
    public AssetRegistry? Registry { get; init; }

    /// <summary>The most gas that a settlement may buy.</summary>
    public ulong GasCap { get; init; } = 400_000;

    /// <summary>The most gas that the deployment of a payer's wallet may buy.</summary>
    public ulong DeploymentGasCap { get; init; } = 2_000_000;

    /// <summary>The most wei per gas that is offered; null is the lane's own bound.</summary>
    public UInt256? MaxFeePerGas { get; init; }

    /// <summary>The factories whose call is paid for, to deploy a payer's wallet (ERC-6492).</summary>
    public FactoryRule Factories { get; init; } = FactoryRule.None;

    /// <summary>How long a result is remembered after its payment can move money no more.</summary>
    public TimeSpan KeepFinished { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Whether settled payments' resources are listed at <c>GET /discovery/resources</c>.</summary>
    public bool Discovery { get; init; }

    /// <summary>Whether <c>GET /metrics</c> is served.</summary>
    public bool Metrics { get; init; }

    /// <summary>The port on loopback; 0 picks a free one.</summary>
    public int Port { get; init; }
}
