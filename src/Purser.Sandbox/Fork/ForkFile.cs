using Purser.Ethereum;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Fork;

/// <summary>The block that was forked from: what its header says that the blocks after it build on.</summary>
internal sealed record ForkOrigin(ulong ChainId, ulong Number, Hash32 Hash, Hash32 ParentHash, ulong Timestamp, UInt256 BaseFee, ulong GasLimit, ulong GasUsed, Address Coinbase,
    Hash32 StateRoot, Hash32 MixHash);

/// <summary>An account as the upstream has it.</summary>
internal sealed record ForkAccount(ulong Nonce, UInt256 Balance, byte[] Code);

/// <summary>Keeps what was read of the upstream, in a <see cref="StateLog"/> of its own: unlike the chain's it is never cut, since what lies before the fork does not change.</summary>
internal sealed class ForkFile : IDisposable
{
    private readonly StateLog _log;
    private readonly Lock _gate = new();

    private ForkFile(StateLog log) => _log = log;

    public ForkOrigin? Origin { get; private set; }

    public Dictionary<Address, ForkAccount> Accounts { get; } = [];

    public Dictionary<(Address, UInt256), UInt256> Slots { get; } = [];

    public Dictionary<ulong, Hash32> Hashes { get; } = [];

    /// <summary>Opens or makes the file.</summary>
    /// <exception cref="StateFileException">It is damaged, in use or no such file.</exception>
    public static ForkFile Open(string path)
    {
        var file = new ForkFile(StateLog.Open(path, out var records));
        try
        {
            for (var i = 0; i < records.Count; i++)
            {
                file.Read(records[i], i);
            }
            return file;
        }
        catch (RlpException e)
        {
            file.Dispose();
            throw new StateFileException($"{path}: a record of this fork cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes the first record, unless there is one.</summary>
    public void Begin(ForkOrigin origin)
    {
        if (Origin is not null)
        {
            return;
        }
        Origin = origin;
        Append((ref RlpWriter w) =>
        {
            w.Write(0UL);
            w.Write(origin.ChainId);
            w.Write(origin.Number);
            w.Write(origin.Hash);
            w.Write(origin.ParentHash);
            w.Write(origin.Timestamp);
            w.Write(origin.BaseFee);
            w.Write(origin.GasLimit);
            w.Write(origin.GasUsed);
            w.Write(origin.Coinbase);
            w.Write(origin.StateRoot);
            w.Write(origin.MixHash);
        });
        _log.Commit();
    }

    public void Add(Address address, ForkAccount account) => Append((ref RlpWriter w) =>
    {
        w.Write(1UL);
        w.Write(address);
        w.Write(account.Nonce);
        w.Write(account.Balance);
        w.Write(account.Code);
    });

    public void Add((Address Account, UInt256 Slot) slot, UInt256 value) => Append((ref RlpWriter w) =>
    {
        w.Write(2UL);
        w.Write(slot.Account);
        w.Write(slot.Slot);
        w.Write(value);
    });

    public void Add(ulong number, Hash32 hash) => Append((ref RlpWriter w) =>
    {
        w.Write(3UL);
        w.Write(number);
        w.Write(hash);
    });

    public void Dispose() => _log.Dispose();

    private delegate void Fields(ref RlpWriter writer);

    // Not flushed: what is lost with the power is asked for again.
    private void Append(Fields write)
    {
        var writer = new RlpWriter(stackalloc byte[256]);
        var list = writer.StartList();
        write(ref writer);
        writer.EndList(list);
        var bytes = writer.ToArray();
        writer.Dispose();
        lock (_gate)
        {
            _log.Append(bytes);
        }
    }

    private void Read(byte[] bytes, int index)
    {
        var outer = new RlpReader(bytes, int.MaxValue);
        var list = outer.ReadList();
        outer.EnsureEnd();
        var kind = list.ReadUInt64();
        if ((kind == 0) != (index == 0))
        {
            throw new RlpException($"Record {index} is of kind {kind}: the first, and only it, says what was forked.");
        }
        switch (kind)
        {
            case 0:
                Origin = new(list.ReadUInt64(), list.ReadUInt64(), list.ReadHash32(), list.ReadHash32(), list.ReadUInt64(), list.ReadUInt256(), list.ReadUInt64(), list.ReadUInt64(), list.ReadAddress(),
                    list.ReadHash32(), list.ReadHash32());
                break;
            case 1:
                Accounts[list.ReadAddress()] = new(list.ReadUInt64(), list.ReadUInt256(), list.ReadBytes().ToArray());
                break;
            case 2:
                Slots[(list.ReadAddress(), list.ReadUInt256())] = list.ReadUInt256();
                break;
            case 3:
                Hashes[list.ReadUInt64()] = list.ReadHash32();
                break;
            default:
                throw new RlpException($"Records of kind {kind} are not known to this version.");
        }
        list.EnsureEnd();
    }
}
