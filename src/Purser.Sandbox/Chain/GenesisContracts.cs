using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Chain;

/// <summary>Puts contracts into a genesis: the well-known ones, and those that are given by their creation code.</summary>
internal static class GenesisContracts
{
    // What one constructor may use; the code that it returns costs 200 gas a byte of it.
    private const long ConstructorGas = 1_000_000_000;

    /// <summary>The genesis accounts with their code in place, in the order in which they are to be set.</summary>
    /// <exception cref="ArgumentException">A constructor failed.</exception>
    public static IReadOnlyList<GenesisAccount> Place(SandboxOptions options)
    {
        // A forked chain has at these addresses what the chain has that it comes from.
        var accounts = new List<GenesisAccount>(options.WithWellKnownContracts && options.ForkedFrom is null ? WellKnownContracts.Accounts : []);
        foreach (var account in options.Genesis)
        {
            accounts.Add(account.CreationCode.IsEmpty ? account : Construct(account, accounts, options));
        }
        return accounts;
    }

    // On the accounts before it, in a block 0 whose time is 0 too: a genesis is the same whenever it is made.
    private static GenesisAccount Construct(GenesisAccount account, IEnumerable<GenesisAccount> before, SandboxOptions options)
    {
        var state = new WorldState(Genesis.Make(before.Where(other => other.Address != account.Address), options.Hardfork));
        var machine = new Machine();
        var block = new BlockContext
        {
            Rules = ForkRules.Of(options.Hardfork),
            Number = 0,
            Timestamp = 0,
            Coinbase = options.Coinbase,
            GasLimit = options.GasLimit,
            BaseFee = options.InitialBaseFee,
            PrevRandao = default,
            BlobBaseFee = UInt256.One,
            ChainId = options.ChainId.Value,
            HashOf = _ => default,
        };
        machine.Prepare(state, block, new(default, default, []));
        var created = state.Get(account.Address);
        var outcome = machine.Create(default, created, default, account.CreationCode.Span, ConstructorGas);
        if (!outcome.Halt.Succeeded())
        {
            throw new ArgumentException($"The creation code of genesis account {account.Address} fails: {outcome.Halt.Describe()}.", nameof(options));
        }
        var storage = created.Slots.ToDictionary(slot => slot.Key, slot => slot.Value.Current);
        foreach (var (slot, value) in account.Storage)
        {
            storage[slot] = value;
        }
        return account with { Nonce = Math.Max(account.Nonce, created.Nonce), Code = created.Code.Bytes.ToArray(), Storage = storage, CreationCode = default };
    }
}
