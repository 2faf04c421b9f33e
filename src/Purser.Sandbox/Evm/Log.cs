using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>An event as a transaction emitted it.</summary>
/// <param name="Address">The contract.</param>
/// <param name="Topics">0 to 4 topics.</param>
/// <param name="Data">The data.</param>
internal sealed record Log(Address Address, Hash32[] Topics, byte[] Data)
{
    /// <summary>Writes the RLP that receipts carry.</summary>
    public void Encode(ref RlpWriter writer)
    {
        var list = writer.StartList();
        writer.Write(Address);
        var topics = writer.StartList();
        foreach (var topic in Topics)
        {
            writer.Write(topic);
        }
        writer.EndList(topics);
        writer.Write(Data);
        writer.EndList(list);
    }
}
