using Purser.Ethereum;

namespace Purser.Sandbox.Chain;

/// <summary>An account that exists from the genesis block on.</summary>
/// <param name="Address">Where.</param>
public sealed record GenesisAccount(Address Address)
{
    /// <summary>In wei.</summary>
    public UInt256 Balance { get; init; }

    /// <summary>The next nonce.</summary>
    public ulong Nonce { get; init; }

    /// <summary>The code (what runs, not what deploys); empty for none.</summary>
    public ReadOnlyMemory<byte> Code { get; init; }

    /// <summary>
    /// Creation code with its constructor's arguments, in place of <see cref="Code"/>: it runs when the genesis is made, as if a transaction of the zero
    /// address in block 0 had created the contract at just this address, and leaves code and storage there. What it does to other accounts is lost.
    /// </summary>
    public ReadOnlyMemory<byte> CreationCode { get; init; }

    /// <summary>Slots that are not zero.</summary>
    public IReadOnlyDictionary<UInt256, UInt256> Storage { get; init; } = new Dictionary<UInt256, UInt256>();
}

/// <summary>How a sandbox chain is set up.</summary>
public sealed record SandboxOptions
{
    /// <summary>The oldest rules that a chain may have.</summary>
    public const Hardfork OldestHardfork = Hardfork.Istanbul;

    /// <summary>The chain's number; 31337 unless it stands in for a known network.</summary>
    public ChainId ChainId { get; init; } = new(31337);

    /// <summary>The rules of the chain, from its genesis on: <see cref="OldestHardfork"/> or later. Cancun unless said otherwise.</summary>
    public Hardfork Hardfork { get; init; } = Hardfork.Cancun;

    /// <summary>The accounts of genesis, beside the CREATE2 deployer. A later entry for the same address replaces an earlier one.</summary>
    public IReadOnlyList<GenesisAccount> Genesis { get; init; } = [];

    /// <summary>Whether genesis has the <see cref="WellKnownContracts"/> (an entry of <see cref="Genesis"/> for the same address replaces one). The CREATE2 deployer is always there; a forked chain has what its origin has.</summary>
    public bool WithWellKnownContracts { get; init; } = true;

    /// <summary>Gas of one block at most; also the cap of a simulated call.</summary>
    public ulong GasLimit { get; init; } = 30_000_000;

    /// <summary>The base fee of the genesis block, in wei per gas: 1 gwei.</summary>
    public UInt256 InitialBaseFee { get; init; } = 1_000_000_000UL;

    /// <summary>The fee recipient of every block.</summary>
    public Address Coinbase { get; init; }

    /// <summary>Whether a transaction is mined, in a block with all that became ready through it, before its sending returns.</summary>
    public bool Automine { get; init; } = true;

    /// <summary>When given, a block is mined each time this passes on the chain's clock, empty or not.</summary>
    public TimeSpan? BlockInterval { get; init; }

    /// <summary>The file that keeps the chain; null keeps it in memory only.</summary>
    public string? StateFile { get; init; }

    /// <summary>Transactions that wait in the pool at most.</summary>
    public int PoolLimit { get; init; } = 4096;

    /// <summary>Transactions of one sender that wait in the pool at most.</summary>
    public int PoolLimitPerSender { get; init; } = 2048;

    /// <summary>
    /// How many of the newest blocks, beside the first, keep their state for reads, calls and traces at their height; at least 1, null for all. Blocks, transactions, receipts and
    /// logs are always kept. States share what did not change, so that a token transfer costs about 5 kB; snapshots keep what they need in any case.
    /// </summary>
    public int? StatesKept { get; init; }

    /// <summary>How long one simulated call may run by the wall clock.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The block of another chain to go on from; null begins a chain of its own. Of <see cref="Genesis"/> the balances, code and slots that are named are then set over
    /// what is there. The chain disposes it. With a state file it must have a file too, and be opened again with the same.
    /// </summary>
    public Fork.SandboxFork? ForkedFrom { get; init; }
}
