using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Chain;

/// <summary>The state of block 0.</summary>
internal static class Genesis
{
    /// <summary>Where tools expect the deterministic deployment proxy: calldata is 32 bytes of salt and creation code, which it hands to CREATE2.</summary>
    public static Address Create2Deployer { get; } = Address.Parse("0x4e59b44847b379578588920cA78FbF26c0B4956C");

    // The code that lies at that address on public networks; its address follows from it, so it cannot be another.
    private static readonly byte[] s_deployerCode = Hex.Decode(
        "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3");

    /// <summary>What a fork begins with: the state there, and of what was handed in the parts that are named.</summary>
    public static StateRoot MakeOver(IRemoteState remote, IEnumerable<GenesisAccount> accounts)
    {
        var root = StateRoot.Over(remote);
        foreach (var account in accounts)
        {
            var leaf = root.Find(account.Address) ?? AccountLeaf.Make(0, default, default, []);
            leaf = leaf with
            {
                Balance = account.Balance.IsZero ? leaf.Balance : account.Balance,
                Nonce = Math.Max(leaf.Nonce, account.Nonce),
                Code = account.Code.IsEmpty ? leaf.Code : new Code(account.Code.Span),
            };
            foreach (var (slot, value) in account.Storage)
            {
                leaf = leaf.WithStorage(slot, value);
            }
            root = root.With(account.Address, leaf);
        }
        return root;
    }

    /// <summary>The deployer, what the fork needs, and what was handed in.</summary>
    public static StateRoot Make(IEnumerable<GenesisAccount> accounts, Hardfork fork)
    {
        var root = StateRoot.Empty.With(Create2Deployer, AccountLeaf.Make(1, default, s_deployerCode, []));
        if (fork >= Hardfork.Prague)
        {
            root = root.With(SystemCalls.BlockHashes, AccountLeaf.Make(1, default, SystemCalls.BlockHashesCode, []));
        }
        foreach (var account in accounts)
        {
            var leaf = AccountLeaf.Make(account.Nonce, account.Balance, account.Code.Span, account.Storage);
            root = root.With(account.Address, leaf is { Nonce: 0, Balance.IsZero: true, Code.Length: 0, HasStorage: false } ? null : leaf);
        }
        return root;
    }
}
