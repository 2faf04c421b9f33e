using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Chain;

/// <summary>What one account is for the time of one call.</summary>
/// <param name="Address">Whose.</param>
internal sealed record AccountOverride(Address Address)
{
    /// <summary>In wei; null leaves it.</summary>
    public UInt256? Balance { get; init; }

    /// <summary>The next nonce; null leaves it.</summary>
    public ulong? Nonce { get; init; }

    /// <summary>The code that runs; null leaves it.</summary>
    public byte[]? Code { get; init; }

    /// <summary>The whole storage: what is not named is 0. Null leaves it.</summary>
    public IReadOnlyList<KeyValuePair<UInt256, UInt256>>? Storage { get; init; }

    /// <summary>Single slots; null leaves them.</summary>
    public IReadOnlyList<KeyValuePair<UInt256, UInt256>>? StorageDifference { get; init; }

    /// <summary>The state with this account changed.</summary>
    public StateRoot Apply(StateRoot state)
    {
        var known = state.Find(Address) ?? AccountLeaf.Make(0, default, default, []);
        var account = known with { Balance = Balance ?? known.Balance, Nonce = Nonce ?? known.Nonce, Code = Code is null ? known.Code : new Code(Code) };
        if (Storage is not null)
        {
            account = account with { Storage = AccountLeaf.Make(0, default, default, Storage).Storage, Remote = null };
        }
        foreach (var (slot, value) in StorageDifference ?? [])
        {
            account = account.WithStorage(slot, value);
        }
        return state.With(Address, account);
    }
}

/// <summary>What a simulated call finds other than it is: the state and block overrides of <c>eth_call</c>, <c>eth_estimateGas</c> and <c>debug_traceCall</c>. Null members leave what is.</summary>
internal sealed record CallOverrides
{
    /// <summary>Nothing is other.</summary>
    public static CallOverrides None { get; } = new();

    /// <summary>Accounts, each at most once.</summary>
    public IReadOnlyList<AccountOverride> Accounts { get; init; } = [];

    /// <summary>The height.</summary>
    public ulong? Number { get; init; }

    /// <summary>Unix seconds.</summary>
    public ulong? Timestamp { get; init; }

    /// <summary>The block's gas limit.</summary>
    public ulong? GasLimit { get; init; }

    /// <summary>The fee recipient.</summary>
    public Address? Coinbase { get; init; }

    /// <summary>EIP-4399.</summary>
    public Hash32? PrevRandao { get; init; }

    /// <summary>Wei per gas.</summary>
    public UInt256? BaseFee { get; init; }

    /// <summary>Wei per blob gas.</summary>
    public UInt256? BlobBaseFee { get; init; }

    /// <summary>The state as the call finds it.</summary>
    public StateRoot Apply(StateRoot state) => Accounts.Aggregate(state, (changed, account) => account.Apply(changed));

    /// <summary>The block as the call finds it.</summary>
    public BlockContext Apply(BlockContext block) => this == None ? block : block with
    {
        Number = Number ?? block.Number,
        Timestamp = Timestamp ?? block.Timestamp,
        GasLimit = GasLimit ?? block.GasLimit,
        Coinbase = Coinbase ?? block.Coinbase,
        PrevRandao = PrevRandao ?? block.PrevRandao,
        BaseFee = BaseFee ?? block.BaseFee,
        BlobBaseFee = BlobBaseFee ?? block.BlobBaseFee,
    };
}
