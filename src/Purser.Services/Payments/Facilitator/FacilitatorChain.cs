using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Wallet.Transactions;

namespace Purser.Services.Payments.Facilitator;

/// <summary>A chain that a facilitator settles on.</summary>
/// <param name="Chain">To read from.</param>
/// <param name="Lane">To send by; its account pays the gas, and is the one that payers of scheme <c>upto</c> sign for.</param>
public sealed record FacilitatorChain(IChain Chain, INonceLane Lane)
{
    /// <summary>The tokens that are settled; null settles any, at the risk that a stranger's own token spends the lane's gas and moves nothing of worth.</summary>
    public IReadOnlySet<Address>? Tokens { get; init; }

    /// <summary>Further keys, each with its lane. Payments are spread over all of them by what was signed; a repeat goes to the lane that the first one took.</summary>
    public IReadOnlyList<INonceLane> MoreLanes { get; init; } = [];

    /// <summary>The most gas that a settlement may buy, 400,000 unless set. A transfer with a contract account's signature check stays well below.</summary>
    public ulong GasCap { get; init; } = 400_000;

    /// <summary>The factories whose call this facilitator pays for, to deploy the wallet of a payer that does not exist yet (ERC-6492); none unless set. Only contracts that do nothing but deploy belong here.</summary>
    public FactoryRule Factories { get; init; } = FactoryRule.None;

    /// <summary>The most gas that such a deployment may buy, 2,000,000 unless set.</summary>
    public ulong DeploymentGasCap { get; init; } = 2_000_000;

    /// <summary>All lanes.</summary>
    internal IReadOnlyList<INonceLane> Lanes => [Lane, .. MoreLanes];

    // What is verified is settled next, and its signature looked at again.
    private RecoveredKeys Recovered { get; } = new(4096);

    internal AccountSignatureOptions SignatureOptions => new() { Recovered = Recovered, Factories = Factories, DeploymentGasLimit = DeploymentGasCap };
}
