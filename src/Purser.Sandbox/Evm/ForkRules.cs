using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>
/// What a <see cref="Hardfork"/> means for the EVM, worked out once: the table of instructions, the prices that changed between forks, and
/// which rules hold. Executions take it from their block (<see cref="BlockContext.Rules"/>).
/// </summary>
internal sealed class ForkRules
{
    /// <summary>The oldest fork whose rules the sandbox knows.</summary>
    public const Hardfork Oldest = Chain.SandboxOptions.OldestHardfork;

    private static readonly ForkRules[] s_all = [.. Enum.GetValues<Hardfork>().Where(fork => fork >= Oldest).Select(fork => new ForkRules(fork))];

    private ForkRules(Hardfork fork)
    {
        Fork = fork;
        Opcodes = OpcodeTable.Make(fork);
        var berlin = fork >= Hardfork.Berlin;
        var london = fork >= Hardfork.London;
        ColdAccount = berlin ? 2600 : 700;
        WarmAccount = berlin ? 100 : 700;
        ColdBeneficiary = berlin ? 2600 : 0;
        ColdLoad = berlin ? 2100 : 800;
        WarmLoad = berlin ? 100 : 800;
        ColdStore = berlin ? 2100 : 0;
        StoreAgain = berlin ? 100 : 800;
        StorageReset = berlin ? 2900 : 5000;
        StorageClearRefund = london ? 4800 : 15000;
        DestroyRefund = london ? 0 : 24000;
        RefundQuotient = london ? 5UL : 2UL;
        LastPrecompile = fork >= Hardfork.Prague ? 17 : fork >= Hardfork.Cancun ? 10 : 9;
        MaxInitCodeSize = fork >= Hardfork.Shanghai ? Gas.MaxInitCodeSize : int.MaxValue;
        InitCodeWord = fork >= Hardfork.Shanghai ? Gas.InitCodeWord : 0;
        MaxBlobs = fork >= Hardfork.Prague ? 9 : 6;
        BlobUpdateFraction = fork >= Hardfork.Prague ? 5007716 : 3338477;
    }

    /// <summary>The default of the sandbox.</summary>
    public static ForkRules Cancun { get; } = Of(Hardfork.Cancun);

    /// <summary>Which fork it is.</summary>
    public Hardfork Fork { get; }

    /// <summary>One rule for each of the 256 instruction numbers.</summary>
    public OpcodeRule[] Opcodes { get; }

    /// <summary>Gas of the first access to an account in a transaction (EIP-2929); before that EIP-1884's and EIP-150's price of each.</summary>
    public long ColdAccount { get; }

    /// <summary>Gas of a further access.</summary>
    public long WarmAccount { get; }

    /// <summary>Gas on top when SELFDESTRUCT pays to a cold address (EIP-2929).</summary>
    public long ColdBeneficiary { get; }

    /// <summary>Gas of the first SLOAD of a slot (EIP-2929; before that EIP-1884).</summary>
    public long ColdLoad { get; }

    /// <summary>Gas of a further SLOAD.</summary>
    public long WarmLoad { get; }

    /// <summary>Gas on top when SSTORE meets a cold slot (EIP-2929).</summary>
    public long ColdStore { get; }

    /// <summary>Gas of an SSTORE that changes nothing or changes a slot once more (EIP-2200's SLOAD_GAS).</summary>
    public long StoreAgain { get; }

    /// <summary>Gas of the SSTORE that changes a slot that was not 0 (EIP-2200 with EIP-2929).</summary>
    public long StorageReset { get; }

    /// <summary>Refund for a slot that becomes 0 (EIP-2200; EIP-3529).</summary>
    public long StorageClearRefund { get; }

    /// <summary>Refund for a contract that destroys itself (none since EIP-3529).</summary>
    public long DestroyRefund { get; }

    /// <summary>At most this part of the gas spent is refunded: a half, since EIP-3529 a fifth.</summary>
    public ulong RefundQuotient { get; }

    /// <summary>The highest address of a precompiled contract.</summary>
    public int LastPrecompile { get; }

    /// <summary>Bytes of creation code at most (EIP-3860).</summary>
    public int MaxInitCodeSize { get; }

    /// <summary>Gas for each word of creation code (EIP-3860).</summary>
    public long InitCodeWord { get; }

    /// <summary>Blobs in one block at most (EIP-4844; EIP-7691).</summary>
    public int MaxBlobs { get; }

    /// <summary>How fast the price of blob gas moves (EIP-4844; EIP-7691).</summary>
    public int BlobUpdateFraction { get; }

    /// <summary>Whether blocks have a base fee that is burned (EIP-1559), and contracts must not begin with 0xEF (EIP-3541).</summary>
    public bool IsLondon => Fork >= Hardfork.London;

    /// <summary>Whether the fee recipient is warm from the start (EIP-3651).</summary>
    public bool IsShanghai => Fork >= Hardfork.Shanghai;

    /// <summary>Whether SELFDESTRUCT removes only what the same transaction made (EIP-6780).</summary>
    public bool IsCancun => Fork >= Hardfork.Cancun;

    /// <summary>Whether accounts may delegate to code (EIP-7702) and calldata has a floor price (EIP-7623).</summary>
    public bool IsPrague => Fork >= Hardfork.Prague;

    /// <summary>The rules of a fork.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is older than <see cref="Oldest"/>.</exception>
    public static ForkRules Of(Hardfork fork)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan((int)fork, (int)Oldest, nameof(fork));
        return s_all[fork - Oldest];
    }

    /// <summary>Since when a transaction of this EIP-2718 type may be in a block.</summary>
    public static Hardfork Introduced(byte transactionType) => transactionType switch
    {
        0 => Hardfork.Frontier,
        1 => Hardfork.Berlin,
        2 => Hardfork.London,
        3 => Hardfork.Cancun,
        _ => Hardfork.Prague,
    };

    /// <summary>The number of the precompiled contract at an address, or 0.</summary>
    public int FindPrecompile(in Address address)
    {
        var bytes = address.Bytes;
        return bytes[19] >= 1 && bytes[19] <= LastPrecompile && bytes[..19].IndexOfAnyExcept((byte)0) < 0 ? bytes[19] : 0;
    }
}
