using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Chain;

/// <summary>A block with what followed from it; immutable.</summary>
/// <param name="Header">The header.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Transactions">In order.</param>
/// <param name="Receipts">One for each transaction.</param>
/// <param name="State">The state after the block.</param>
internal sealed record Block(Header Header, Hash32 Hash, IReadOnlyList<SignedTransaction> Transactions, IReadOnlyList<Receipt> Receipts, StateRoot State)
{
    /// <summary>The state that the block was built on: that of its parent with what cheats made of it; null for the genesis block.</summary>
    public StateRoot? Before { get; init; }

    /// <summary>Whether <see cref="State"/> and <see cref="Before"/> are still there: an old block may have let go of them (<see cref="SandboxOptions.StatesKept"/>).</summary>
    public bool HasState { get; init; } = true;

    /// <summary>This block without its states, which is all that keeps old parts of the tries in memory.</summary>
    public Block Forget() => this with { State = StateRoot.Empty, Before = null, HasState = false };

    /// <summary>The size of the block's RLP in bytes: a list of header, transactions, uncles and, from Shanghai on, withdrawals.</summary>
    public int Size
    {
        get
        {
            var writer = new RlpWriter(stackalloc byte[1024]);
            var block = writer.StartList();
            writer.WriteRaw(Header.Encode());
            var transactions = writer.StartList();
            foreach (var transaction in Transactions)
            {
                // EIP-2718: what is no list itself stands as a byte string.
                if (transaction.Transaction.Type == 0)
                {
                    writer.WriteRaw(transaction.Raw.Span);
                }
                else
                {
                    writer.Write(transaction.Raw.Span);
                }
            }
            writer.EndList(transactions);
            writer.EndList(writer.StartList());
            if (Header.Fork >= Hardfork.Shanghai)
            {
                writer.EndList(writer.StartList());
            }
            writer.EndList(block);
            var size = writer.Written.Length;
            writer.Dispose();
            return size;
        }
    }

    /// <summary>The root of a trie that holds items under the RLP of their index (Yellow Paper, 4.3.2).</summary>
    public static Hash32 ListRoot(IEnumerable<ReadOnlyMemory<byte>> items)
    {
        var trie = Trie<ListItem>.Empty;
        Span<byte> buffer = stackalloc byte[16];
        var index = 0UL;
        foreach (var item in items)
        {
            var key = new RlpWriter(buffer);
            key.Write(index++);
            trie = trie.With(key.Written, new(item));
            key.Dispose();
        }
        return trie.RootHash;
    }

    private readonly record struct ListItem(ReadOnlyMemory<byte> Bytes) : ITrieValue
    {
        public void Encode(ref RlpWriter writer) => writer.WriteRaw(Bytes.Span);
    }
}
