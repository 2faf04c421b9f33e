using System.IO.Compression;
using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Sandbox.Chain;

/// <summary>A record that a cheat left, and the height after which it came: what a dump needs beside the blocks.</summary>
internal readonly record struct CheatRecord(ulong After, byte[] Record);

/// <content>
/// The chain as one piece of bytes. The format: gzip over the line <c>purser-sandbox-dump-1</c> and an RLP list of the records that a state
/// file would hold (what the chain was made with, blocks, cheats, in order). Loading runs them again, and each block must come out with its hash.
/// </content>
public sealed partial class SandboxChain
{
    // What a dump may unpack to: a small file can be packed from much more.
    private const int MaxDump = 512 * 1024 * 1024;

    private static readonly byte[] s_dumpMagic = "purser-sandbox-dump-1\n"u8.ToArray();

    /// <summary>Everything that happened on the chain, for <see cref="Load"/> on a chain that was set up in the same way. The pool and snapshots are not in it.</summary>
    public byte[] Dump()
    {
        var view = _view;
        var genesis = view.Blocks[0].Header;
        var writer = new RlpWriter(stackalloc byte[1024]);
        var list = writer.StartList();
        writer.Write(new ChainRecord.Origin(_options.ChainId.Value, genesis.GasLimit, genesis.BaseFee, genesis.Coinbase, genesis.StateRoot, genesis.Timestamp, genesis.Fork).Encode());
        var cheats = view.Cheats.GetEnumerator();
        var hasCheat = cheats.MoveNext();
        foreach (var block in view.Blocks)
        {
            if (block.Header.Number > view.First)
            {
                writer.Write(new ChainRecord.Mined(block.Header.Timestamp, block.Hash, [.. block.Transactions.Select(RecordedTransaction.Encode)]).Encode());
            }
            for (; hasCheat && cheats.Current.After == block.Header.Number; hasCheat = cheats.MoveNext())
            {
                writer.Write(cheats.Current.Record);
            }
        }
        writer.EndList(list);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(s_dumpMagic);
            gzip.Write(writer.Written);
        }
        writer.Dispose();
        return packed.ToArray();
    }

    /// <summary>
    /// Takes the place of what happened on this chain with a dump: blocks, state and cheats; pool and snapshots are emptied, and the clock moves to the newest
    /// block if that is later. A dump of anvil (gzip over JSON with <c>accounts</c>) sets the accounts in it and leaves the blocks.
    /// </summary>
    /// <exception cref="StateFileException">The dump is damaged, or of a chain that was set up in another way; the chain is as before.</exception>
    public void Load(ReadOnlyMemory<byte> dump)
    {
        var content = Unpack(dump);
        if (content.Length > 0 && content[0] == (byte)'{')
        {
            LoadAccounts(content);
            return;
        }
        if (!content.AsSpan().StartsWith(s_dumpMagic))
        {
            throw new StateFileException("dump: this is not a dump of a sandbox or of anvil.");
        }
        if (_options.ForkedFrom is not null)
        {
            throw new StateFileException("dump: a forked chain takes only the accounts of anvil's dumps.");
        }
        var records = ReadRecords(content.AsSpan(s_dumpMagic.Length));
        using var other = Beside();
        other.Restore("dump", records);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_log is not null && other._view.Blocks[0].Hash != _view.Blocks[0].Hash)
            {
                throw new StateFileException("dump: its genesis block is not that of this chain's state file. Load it into a chain without a state file.");
            }
            _log?.Append(new ChainRecord.Loaded(records).Encode());
            _records++;
            _view = other._view;
            _nextTimestamp = null;
            _pool.Restore(TransactionPool.Nothing);
            _snapshots.Clear();
        }
        Commit();
    }

    // A chain like this one, but for what was done on it, and in memory.
    private SandboxChain Beside() => new(_options with { StateFile = null, BlockInterval = null }, Clock);

    private static byte[] Unpack(ReadOnlyMemory<byte> dump)
    {
        try
        {
            using var gzip = new GZipStream(new MemoryStream(dump.ToArray()), CompressionMode.Decompress);
            using var content = new MemoryStream();
            var buffer = new byte[64 * 1024];
            for (int read; (read = gzip.Read(buffer)) > 0;)
            {
                content.Write(buffer, 0, read);
                if (content.Length > MaxDump)
                {
                    throw new StateFileException($"dump: it unpacks to more than {MaxDump} bytes.");
                }
            }
            return content.ToArray();
        }
        catch (InvalidDataException e)
        {
            throw new StateFileException($"dump: this is not gzip, or it is damaged: {e.Message}", e);
        }
    }

    private static List<byte[]> ReadRecords(ReadOnlySpan<byte> content)
    {
        try
        {
            var outer = new RlpReader(content, int.MaxValue);
            var list = outer.ReadList();
            outer.EnsureEnd();
            var records = new List<byte[]>();
            while (!list.AtEnd)
            {
                records.Add(list.ReadBytes().ToArray());
            }
            return records.Count > 0 ? records : throw new StateFileException("dump: it has no records.");
        }
        catch (RlpException e)
        {
            throw new StateFileException($"dump: it is damaged: {e.Message}", e);
        }
    }

    // Read whole before anything is set: a dump that is damaged changes nothing.
    private void LoadAccounts(byte[] json)
    {
        var edits = new List<(Address Account, AccountEdit Edit)>();
        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (var account in document.RootElement.GetProperty("accounts").EnumerateObject())
            {
                var address = Address.Parse(account.Name);
                edits.Add((address, new AccountEdit.Nonce(account.Value.GetProperty("nonce").GetUInt64())));
                edits.Add((address, new AccountEdit.Balance(UInt256.Parse(account.Value.GetProperty("balance").GetString()!))));
                edits.Add((address, new AccountEdit.Code(Hex.Decode(account.Value.GetProperty("code").GetString()!))));
                foreach (var slot in account.Value.GetProperty("storage").EnumerateObject())
                {
                    edits.Add((address, new AccountEdit.Storage(UInt256.Parse(slot.Name), UInt256.Parse(slot.Value.GetString()!))));
                }
            }
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or OverflowException or ArgumentNullException)
        {
            throw new StateFileException($"dump: its accounts cannot be read: {e.Message}", e);
        }
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            foreach (var (account, edit) in edits)
            {
                EditHeld(account, edit);
            }
        }
        Commit();
    }
}
