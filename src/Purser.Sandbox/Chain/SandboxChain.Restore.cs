using Purser.Ethereum;

namespace Purser.Sandbox.Chain;

/// <content>Going on from a state file: its records happen again, and every block must come out with the hash that it had.</content>
public sealed partial class SandboxChain
{
    private void Restore(string path, List<byte[]> encoded)
    {
        var live = new List<ChainRecord>();
        for (var i = 0; i < encoded.Count; i++)
        {
            ChainRecord record;
            try
            {
                record = ChainRecord.Decode(encoded[i]);
            }
            catch (RlpException e)
            {
                throw new StateFileException($"{path}: record {i} cannot be read: {e.Message}", e);
            }
            live.Add(record);
        }
        if (live.Count == 0)
        {
            var genesis = _view.Head.Header;
            _log!.Append(new ChainRecord.Origin(ChainId.Value, genesis.GasLimit, genesis.BaseFee, genesis.Coinbase, genesis.StateRoot, genesis.Timestamp, genesis.Fork).Encode());
            _log.Commit();
            _records = 1;
            return;
        }
        RestoreOrigin(path, live[0]);
        for (var i = 1; i < live.Count; i++)
        {
            RestoreRecord(path, i, live[i]);
        }
        _records = live.Count;
        // Time goes on from the newest block, if it travelled further than the clock.
        Clock.AdvanceTo(Instant(_view.Head.Header.Timestamp));
    }

    private void RestoreOrigin(string path, ChainRecord first)
    {
        if (first is not ChainRecord.Origin origin)
        {
            throw new StateFileException($"{path}: the first record does not say what the chain was made with.");
        }
        var genesis = MakeGenesis(origin.Timestamp);
        var difference =
            origin.ChainId != ChainId.Value ? $"chain id {origin.ChainId}, not {ChainId.Value}" :
            origin.Fork != _options.Hardfork ? $"the rules of {origin.Fork}, not {_options.Hardfork}" :
            origin.GasLimit != genesis.Header.GasLimit ? $"gas limit {origin.GasLimit}, not {genesis.Header.GasLimit}" :
            origin.BaseFee != genesis.Header.BaseFee ? $"base fee {origin.BaseFee}, not {genesis.Header.BaseFee}" :
            origin.Coinbase != genesis.Header.Coinbase ? $"fee recipient {origin.Coinbase}, not {genesis.Header.Coinbase}" :
            origin.StateRoot != genesis.Header.StateRoot ? "other genesis accounts" : null;
        if (difference is not null)
        {
            throw new StateFileException($"{path}: this chain was made with {difference}. Start the sandbox as it was started then, or name another file.");
        }
        _view = ChainView.From(genesis, BlockSettings.Of(_options), _options.ForkedFrom);
    }

    private void RestoreRecord(string path, int index, ChainRecord record)
    {
        switch (record)
        {
            case ChainRecord.Edited edited:
                _view = _view.Noting(edited.Encode()) with { State = edited.Edit.Apply(_view.State, edited.Account) };
                break;
            case ChainRecord.Configured configured:
                _view = _view.Noting(configured.Encode()) with { Settings = configured.Settings };
                break;
            case ChainRecord.Mined mined:
                _view = _view.With(Replay(path, index, mined), _options.StatesKept);
                break;
            // Only in a state file: in a dump, or in one another, they could be nested without end.
            case ChainRecord.Loaded { Records.Count: > 0 } loaded when _log is not null && _options.ForkedFrom is null:
                using (var other = Beside())
                {
                    other.Restore($"{path}: record {index}", [.. loaded.Records]);
                    _view = other._view;
                }
                break;
            default:
                throw new StateFileException($"{path}: record {index} is out of place.");
        }
    }

    private Block Replay(string path, int index, ChainRecord.Mined mined)
    {
        var builder = new BlockBuilder(_view, _writerMachine, mined.Timestamp);
        foreach (var raw in mined.Transactions)
        {
            if (!RecordedTransaction.TryDecode(raw, ChainId, out var transaction, out var refusal))
            {
                throw new StateFileException($"{path}: record {index} has a transaction that is refused: {refusal.Message}");
            }
            if (builder.TryAdd(transaction, out _) is { } rejection)
            {
                throw new StateFileException($"{path}: record {index} has transaction {transaction.Hash} that is rejected: {rejection.Message}");
            }
        }
        var block = builder.Seal();
        return block.Hash == mined.Hash ? block
            : throw new StateFileException($"{path}: record {index} is block {block.Header.Number} with hash {mined.Hash}, but running it gives {block.Hash}: another version of the sandbox made it.");
    }
}
