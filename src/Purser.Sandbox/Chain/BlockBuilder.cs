using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Chain;

/// <summary>Makes one block: runs transactions one after another on the state below, then seals header, roots and receipts.</summary>
internal sealed class BlockBuilder
{
    private readonly Header _parent;
    private readonly Hash32 _parentHash;
    private readonly WorldState _state;
    private readonly Machine _machine;
    private readonly List<SignedTransaction> _transactions = [];
    private readonly List<Receipt> _receipts = [];
    private ulong _gasUsed;
    private ulong _logs;

    /// <summary>Starts the block after the newest of a chain.</summary>
    /// <param name="view">The chain.</param>
    /// <param name="machine">The EVM to run on.</param>
    /// <param name="timestamp">Unix seconds.</param>
    public BlockBuilder(ChainView view, Machine machine, ulong timestamp)
    {
        _parent = view.Head.Header;
        _parentHash = view.Head.Hash;
        _state = new(view.State);
        _machine = machine;
        Context = ContextAfter(view, timestamp);
        SystemCalls.BeginBlock(machine, _state, Context);
    }

    /// <summary>The block's surroundings as code sees them.</summary>
    public BlockContext Context { get; }

    /// <summary>Runs a transaction and adds it, or says why it cannot be in this block.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="hasRoom">False when the block has too little gas left for it: it may be in the next one.</param>
    public TransactionRejection? TryAdd(SignedTransaction transaction, out bool hasRoom)
    {
        var message = Message.Of(transaction);
        hasRoom = message.GasLimit <= Context.GasLimit - _gasUsed;
        if (!hasRoom)
        {
            return new TransactionRejection.GasLimitTooHigh(message.GasLimit, Context.GasLimit - _gasUsed);
        }
        if (TransactionExecutor.Check(_state, Context, message) is { } rejection)
        {
            return rejection;
        }
        var result = TransactionExecutor.Execute(_machine, _state, Context, message);
        _gasUsed += result.GasUsed;
        _transactions.Add(transaction);
        _receipts.Add(new(transaction.Transaction.Type, result.Succeeded, _gasUsed, result.GasUsed, result.EffectiveGasPrice,
            result.Created, result.Logs, _logs, Bloom.Of(result.Logs)));
        _logs += (ulong)result.Logs.Count;
        return null;
    }

    /// <summary>Seals the block.</summary>
    public Block Seal()
    {
        var state = _state.Commit();
        var bloom = new byte[Bloom.Size];
        foreach (var receipt in _receipts)
        {
            Bloom.Merge(bloom, receipt.Bloom);
        }
        var header = new Header
        {
            Fork = _parent.Fork,
            ParentHash = _parentHash,
            Coinbase = Context.Coinbase,
            StateRoot = state.Hash,
            TransactionsRoot = Block.ListRoot(_transactions.Select(t => t.Raw)),
            ReceiptsRoot = Block.ListRoot(_receipts.Select(r => (ReadOnlyMemory<byte>)r.Encode())),
            LogsBloom = bloom,
            Number = _parent.Number + 1,
            GasLimit = Context.GasLimit,
            GasUsed = _gasUsed,
            Timestamp = Context.Timestamp,
            PrevRandao = Context.PrevRandao,
            BaseFee = Context.BaseFee,
        };
        return new(header, header.ComputeHash(), _transactions, _receipts, state) { Before = _state.Base };
    }

    /// <summary>The block that has no parent.</summary>
    public static Block Genesis(StateRoot state, in Address coinbase, ulong gasLimit, in UInt256 baseFee, ulong timestamp, Hardfork fork)
    {
        var header = new Header
        {
            Fork = fork,
            ParentHash = default,
            Coinbase = coinbase,
            StateRoot = state.Hash,
            TransactionsRoot = TrieRoots.Empty,
            ReceiptsRoot = TrieRoots.Empty,
            LogsBloom = new byte[Bloom.Size],
            Number = 0,
            GasLimit = gasLimit,
            GasUsed = 0,
            Timestamp = timestamp,
            PrevRandao = default,
            BaseFee = fork >= Hardfork.London ? baseFee : default,
        };
        return new(header, header.ComputeHash(), [], [], state);
    }

    /// <summary>The block that was forked from: its transactions stay with the upstream. The blocks after it run under the sandbox's rules.</summary>
    public static Block Forked(Fork.ForkOrigin origin, StateRoot state, Hardfork fork) => new(new Header
    {
        Fork = fork,
        ParentHash = origin.ParentHash,
        Coinbase = origin.Coinbase,
        StateRoot = origin.StateRoot,
        TransactionsRoot = TrieRoots.Empty,
        ReceiptsRoot = TrieRoots.Empty,
        LogsBloom = new byte[Bloom.Size],
        Number = origin.Number,
        GasLimit = origin.GasLimit,
        GasUsed = origin.GasUsed,
        Timestamp = origin.Timestamp,
        PrevRandao = origin.MixHash,
        BaseFee = origin.BaseFee,
    }, origin.Hash, [], [], state);

    /// <summary>What code sees in the block after the newest.</summary>
    public static BlockContext ContextAfter(ChainView view, ulong timestamp) => new()
    {
        Rules = ForkRules.Of(view.Head.Header.Fork),
        Number = view.Head.Header.Number + 1,
        Timestamp = timestamp,
        Coinbase = view.Settings.Coinbase,
        GasLimit = view.Settings.GasLimit,
        BaseFee = view.NextBaseFee,
        // Before the merge this is the difficulty, which a chain without miners does not have.
        PrevRandao = view.Settings.PrevRandao ?? (view.Head.Header.Fork >= Hardfork.Paris ? Keccak256.Hash(view.Head.Hash.Bytes) : default),
        BlobBaseFee = UInt256.One,
        ChainId = view.Settings.ChainId,
        HashOf = view.HashOf,
    };
}
