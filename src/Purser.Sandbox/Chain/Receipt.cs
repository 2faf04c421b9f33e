using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Chain;

/// <summary>What a transaction left in its block.</summary>
/// <param name="Type">The transaction's type byte.</param>
/// <param name="Succeeded">Status.</param>
/// <param name="CumulativeGas">Gas used in the block up to and with this transaction.</param>
/// <param name="GasUsed">Gas used by it alone.</param>
/// <param name="EffectiveGasPrice">Wei per gas.</param>
/// <param name="ContractAddress">The created contract, if any.</param>
/// <param name="Logs">The events.</param>
/// <param name="FirstLogIndex">The place of the first event in the block.</param>
/// <param name="Bloom">The filter of the events.</param>
internal sealed record Receipt(byte Type, bool Succeeded, ulong CumulativeGas, ulong GasUsed, UInt256 EffectiveGasPrice,
    Address? ContractAddress, IReadOnlyList<Log> Logs, ulong FirstLogIndex, byte[] Bloom)
{
    /// <summary>The bytes that the receipts' trie holds (EIP-2718: a type byte in front unless it is 0).</summary>
    public byte[] Encode()
    {
        var writer = new RlpWriter(stackalloc byte[512]);
        if (Type != 0)
        {
            writer.WriteRaw([Type]);
        }
        var list = writer.StartList();
        writer.Write(Succeeded ? 1UL : 0UL);
        writer.Write(CumulativeGas);
        writer.Write(Bloom);
        var logs = writer.StartList();
        foreach (var log in Logs)
        {
            log.Encode(ref writer);
        }
        writer.EndList(logs);
        writer.EndList(list);
        var bytes = writer.ToArray();
        writer.Dispose();
        return bytes;
    }
}
