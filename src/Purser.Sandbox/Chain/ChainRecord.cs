using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Chain;

/// <summary>A record of the state file: what happened to the chain, enough to make it happen again.</summary>
internal abstract record ChainRecord
{
    private ChainRecord()
    {
    }

    /// <summary>The first record: what the chain was made with. Must be equal when the file is opened again. A record without a fork is of a time when all chains were Cancun's.</summary>
    public sealed record Origin(ulong ChainId, ulong GasLimit, UInt256 BaseFee, Address Coinbase, Hash32 StateRoot, ulong Timestamp, Hardfork Fork) : ChainRecord;

    /// <summary>A block was mined; the hash proves that the replay is the same.</summary>
    public sealed record Mined(ulong Timestamp, Hash32 Hash, IReadOnlyList<byte[]> Transactions) : ChainRecord;

    /// <summary>A cheat changed an account between blocks.</summary>
    public sealed record Edited(Address Account, AccountEdit Edit) : ChainRecord;

    /// <summary>A cheat changed what the next blocks are made with.</summary>
    public sealed record Configured(BlockSettings Settings) : ChainRecord;

    /// <summary>A dump took the place of all before it: its records. One record of the file, so that a process that dies meanwhile leaves the old chain or the new one, never half of it.</summary>
    public sealed record Loaded(IReadOnlyList<byte[]> Records) : ChainRecord;

    /// <summary>The bytes.</summary>
    public byte[] Encode()
    {
        var writer = new RlpWriter(stackalloc byte[256]);
        var list = writer.StartList();
        switch (this)
        {
            case Origin origin:
                writer.Write(0UL);
                writer.Write(origin.ChainId);
                writer.Write(origin.GasLimit);
                writer.Write(origin.BaseFee);
                writer.Write(origin.Coinbase);
                writer.Write(origin.StateRoot);
                writer.Write(origin.Timestamp);
                writer.Write((ulong)origin.Fork);
                break;
            case Mined mined:
                writer.Write(1UL);
                writer.Write(mined.Timestamp);
                writer.Write(mined.Hash);
                WriteAll(ref writer, mined.Transactions);
                break;
            case Edited edited:
                writer.Write(2UL);
                writer.Write(edited.Account);
                edited.Edit.Write(ref writer);
                break;
            case Configured configured:
                writer.Write(4UL);
                configured.Settings.Write(ref writer);
                break;
            case Loaded loaded:
                writer.Write(5UL);
                WriteAll(ref writer, loaded.Records);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
        writer.EndList(list);
        var bytes = writer.ToArray();
        writer.Dispose();
        return bytes;
    }

    /// <summary>Reads the bytes.</summary>
    /// <exception cref="RlpException">They are no record.</exception>
    public static ChainRecord Decode(ReadOnlySpan<byte> bytes)
    {
        var outer = new RlpReader(bytes, int.MaxValue);
        var list = outer.ReadList();
        outer.EnsureEnd();
        var kind = list.ReadUInt64();
        ChainRecord record = kind switch
        {
            0 => new Origin(list.ReadUInt64(), list.ReadUInt64(), list.ReadUInt256(), list.ReadAddress(), list.ReadHash32(), list.ReadUInt64(), list.AtEnd ? Hardfork.Cancun : ReadFork(ref list)),
            1 => ReadMined(ref list),
            2 => new Edited(list.ReadAddress(), AccountEdit.Read(ref list)),
            4 => new Configured(BlockSettings.Read(ref list)),
            5 => new Loaded(ReadAll(ref list)),
            _ => throw new RlpException($"Records of kind {kind} are not known to this version."),
        };
        list.EnsureEnd();
        return record;
    }

    private static Hardfork ReadFork(ref RlpReader list)
    {
        var at = list.Offset;
        var number = list.ReadUInt64();
        return number <= int.MaxValue && Enum.IsDefined((Hardfork)number) ? (Hardfork)number : throw new RlpException($"Fork {number} is not known to this version.", at);
    }

    private static Mined ReadMined(ref RlpReader list)
    {
        var timestamp = list.ReadUInt64();
        var hash = list.ReadHash32();
        return new(timestamp, hash, ReadAll(ref list));
    }

    private static void WriteAll(ref RlpWriter writer, IReadOnlyList<byte[]> all)
    {
        var list = writer.StartList();
        foreach (var bytes in all)
        {
            writer.Write(bytes);
        }
        writer.EndList(list);
    }

    private static List<byte[]> ReadAll(ref RlpReader list)
    {
        var inner = list.ReadList();
        var all = new List<byte[]>();
        while (!inner.AtEnd)
        {
            all.Add(inner.ReadBytes().ToArray());
        }
        return all;
    }
}

/// <summary>A cheat on one account.</summary>
internal abstract record AccountEdit
{
    private AccountEdit()
    {
    }

    /// <summary>The balance in wei.</summary>
    public sealed record Balance(UInt256 Value) : AccountEdit;

    /// <summary>The next nonce.</summary>
    public sealed record Nonce(ulong Value) : AccountEdit;

    /// <summary>The code.</summary>
    public sealed record Code(byte[] Value) : AccountEdit;

    /// <summary>One slot.</summary>
    public sealed record Storage(UInt256 Slot, UInt256 Value) : AccountEdit;

    /// <summary>The state after the edit.</summary>
    public StateRoot Apply(StateRoot state, in Address account)
    {
        var before = state.Find(account) ?? AccountLeaf.Make(0, default, [], []);
        var after = this switch
        {
            Balance balance => before with { Balance = balance.Value },
            Nonce nonce => before with { Nonce = nonce.Value },
            Code code => before with { Code = code.Value.Length == 0 ? Evm.Code.Empty : new Evm.Code(code.Value) },
            Storage storage => before.WithStorage(storage.Slot, storage.Value),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return state.With(account, after is { Nonce: 0, Balance.IsZero: true, Code.Length: 0, HasStorage: false } ? null : after);
    }

    /// <summary>Writes kind and values.</summary>
    public void Write(ref RlpWriter writer)
    {
        switch (this)
        {
            case Balance balance:
                writer.Write(0UL);
                writer.Write(balance.Value);
                break;
            case Nonce nonce:
                writer.Write(1UL);
                writer.Write(nonce.Value);
                break;
            case Code code:
                writer.Write(2UL);
                writer.Write(code.Value);
                break;
            case Storage storage:
                writer.Write(3UL);
                writer.Write(storage.Slot);
                writer.Write(storage.Value);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static AccountEdit Read(ref RlpReader reader)
    {
        var kind = reader.ReadUInt64();
        return kind switch
        {
            0 => new Balance(reader.ReadUInt256()),
            1 => new Nonce(reader.ReadUInt64()),
            2 => new Code(reader.ReadBytes().ToArray()),
            3 => new Storage(reader.ReadUInt256(), reader.ReadUInt256()),
            _ => throw new RlpException($"Edits of kind {kind} are not known to this version."),
        };
    }
}
