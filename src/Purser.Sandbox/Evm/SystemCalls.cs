using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Evm;

/// <summary>What a block does before its first transaction. Whoever runs a block's transactions again must do it, too.</summary>
internal static class SystemCalls
{
    private const long GasLimit = 30_000_000;

    private static readonly Address s_system = Address.Parse("0xfffffffffffffffffffffffffffffffffffffffe");

    /// <summary>The contract that keeps the hashes of the last 8,191 blocks (EIP-2935); in the genesis of chains that begin with Prague.</summary>
    public static Address BlockHashes { get; } = Address.Parse("0x0000f90827f1c53a10cb7a02335b175320002935");

    /// <summary>Its code, as the EIP gives it: the system stores the parent's hash, everybody else reads by number.</summary>
    public static byte[] BlockHashesCode { get; } = Hex.Decode(
        "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500");

    /// <summary>Hands the parent's hash to the contract of EIP-2935, under Prague and where it exists. Gas is paid by nobody and counted nowhere.</summary>
    public static void BeginBlock(Machine machine, WorldState state, BlockContext block)
    {
        if (!block.Rules.IsPrague || block.Number == 0 || state.Get(BlockHashes) is not { Code.Length: > 0 } contract)
        {
            return;
        }
        machine.Prepare(state, block, new(s_system, default, []));
        machine.Call(s_system, contract, default, block.HashOf(block.Number - 1).Bytes.ToArray(), GasLimit);
        state.EndTransaction();
    }
}
