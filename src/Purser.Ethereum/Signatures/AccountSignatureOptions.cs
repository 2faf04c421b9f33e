using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Signatures;

/// <summary>What counts as an account's signature, and what asking a stranger's contract may cost.</summary>
public sealed record AccountSignatureOptions
{
    /// <summary>
    /// Which factories may be called, in simulation alone, to deploy an account that has signed before it exists (ERC-6492); nobody's by default.
    /// Any is right where the verdict alone counts (signing in); none where somebody else will verify the signature as it is, as tokens do, who know no wrapper.
    /// </summary>
    public FactoryRule Factories { get; init; } = FactoryRule.None;

    /// <summary>
    /// Whether an EIP-7702 account may also sign with its own key when the code that it delegates to does not take the signature. False by default:
    /// code decides, as ERC-1271 has it and as tokens do. The key can replace the delegation at any time, so that true gives it no power that it has not.
    /// </summary>
    public bool AcceptKeyOfDelegatedAccount { get; init; }

    /// <summary>The gas that an account's code may spend on the question; 500,000.</summary>
    public ulong GasLimit { get; init; } = AccountSignature.GasLimit;

    /// <summary>The gas that a factory may spend on the deployment; 6,000,000, which deploys the largest contract.</summary>
    public ulong DeploymentGasLimit { get; init; } = 6_000_000;

    /// <summary>On which block's state.</summary>
    public BlockTag Block { get; init; }

    /// <summary>How long all questions together may take; null leaves it to the chain's own bounds. Past it is a transient <see cref="ChainException"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Drives <see cref="Timeout"/>, and is needed with it.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Remembers whose keys made which signatures, for who looks twice; none unless set. What accounts with code say is never remembered.</summary>
    public RecoveredKeys? Recovered { get; init; }
}

/// <summary>Which factories may deploy an account in simulation (ERC-6492).</summary>
public sealed class FactoryRule
{
    private readonly HashSet<Address>? _allowed;

    private FactoryRule(HashSet<Address>? allowed) => _allowed = allowed;

    /// <summary>No factory.</summary>
    public static FactoryRule None { get; } = new([]);

    /// <summary>Any factory.</summary>
    public static FactoryRule Any { get; } = new(null);

    /// <summary>These factories.</summary>
    public static FactoryRule Only(params IEnumerable<Address> factories) => new([.. factories]);

    /// <summary>Whether a factory may be called.</summary>
    public bool Allows(Address factory) => _allowed is null || _allowed.Contains(factory);
}
